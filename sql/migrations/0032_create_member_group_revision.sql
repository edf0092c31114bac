CREATE TABLE member_group_revision (
  shop_no INT UNSIGNED NOT NULL,
  group_no INT UNSIGNED NOT NULL,
  group_revision INT NOT NULL,
  name VARBINARY(256) NOT NULL,
  condition_text MEDIUMBLOB NOT NULL,
  grammar_version SMALLINT UNSIGNED NOT NULL,
  revision BIGINT NOT NULL,
  ordinal INT NOT NULL,
  created_at_ms BIGINT NOT NULL,
  updated_at_ms BIGINT NOT NULL,
  created_by VARBINARY(128) NOT NULL,
  updated_by VARBINARY(128) NOT NULL,
  PRIMARY KEY (shop_no, group_no, group_revision)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
