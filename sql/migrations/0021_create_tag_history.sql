CREATE TABLE tag_history (
  shop_no INT UNSIGNED NOT NULL,
  member_no INT UNSIGNED NOT NULL,
  revision BIGINT NOT NULL,
  ordinal INT NOT NULL,
  tag_no INT UNSIGNED NOT NULL,
  action TINYINT UNSIGNED NOT NULL, -- 1 assigned, 2 removed, 3 replaced by another value
  source TINYINT UNSIGNED NOT NULL,
  confidence_percent TINYINT UNSIGNED NOT NULL,
  at_ms BIGINT NOT NULL,
  assigned_at_ms BIGINT NOT NULL, -- of the assignment this row is about
  expires_at_ms BIGINT NULL,
  number_value BIGINT NULL,
  actor VARBINARY(128) NOT NULL,
  reference VARBINARY(128) NOT NULL,
  PRIMARY KEY (shop_no, member_no, revision, ordinal)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
