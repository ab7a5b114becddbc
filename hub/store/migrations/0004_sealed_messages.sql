-- Since when a sealed message stands acknowledged by its recipient; NULL while it does not. Thirty days later its
-- content goes. The index finds the notices of sealed messages among those of pairs.
ALTER TABLE sealed_message ADD COLUMN acknowledged_on TEXT;
CREATE INDEX notice_sealed ON notice (sealed) WHERE sealed IS NOT NULL;
