-- Whether an organisation may use the BSN (Jeugdwet 7.1.4.2). NULL: as its category says.
ALTER TABLE organisation ADD COLUMN bsn_right INTEGER CHECK (bsn_right IN (0, 1));

-- Who asked that a role ends that takes two people to end; another confirms it.
ALTER TABLE role_grant ADD COLUMN end_asked_by TEXT REFERENCES human (person_number);
