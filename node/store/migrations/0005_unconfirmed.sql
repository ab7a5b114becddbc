-- Since when matches wait to be told again by a hub that lost its memory; NULL when none do. Theirs is heard = 0.
ALTER TABLE mailbox ADD COLUMN unconfirmed_since TEXT;
