-- Values of the whole database: its incarnation (16 random bytes, names this database in tokens and
-- checkpoints), the key that signs tokens, and the counter of shop numbers. No shop_no: not a shop's data.
CREATE TABLE service_secret (
  name VARBINARY(32) NOT NULL,
  value VARBINARY(64) NOT NULL,
  PRIMARY KEY (name)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
