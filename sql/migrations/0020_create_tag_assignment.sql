CREATE TABLE tag_assignment (
  shop_no INT UNSIGNED NOT NULL,
  member_no INT UNSIGNED NOT NULL,
  tag_no INT UNSIGNED NOT NULL,
  source TINYINT UNSIGNED NOT NULL,
  confidence_percent TINYINT UNSIGNED NOT NULL,
  assigned_at_ms BIGINT NOT NULL,
  expires_at_ms BIGINT NULL, -- gone from this instant on
  number_value BIGINT NULL, -- numeric categories, in 1/10,000
  actor VARBINARY(128) NOT NULL,
  reference VARBINARY(128) NOT NULL,
  revision BIGINT NOT NULL,
  ordinal INT NOT NULL,
  created_at_ms BIGINT NOT NULL,
  updated_at_ms BIGINT NOT NULL,
  created_by VARBINARY(128) NOT NULL,
  updated_by VARBINARY(128) NOT NULL,
  PRIMARY KEY (shop_no, member_no, tag_no),
  KEY ix_tag_assignment_tag (shop_no, tag_no, member_no)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
