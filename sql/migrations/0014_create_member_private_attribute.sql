-- The same rows for attributes of personal data (name, street address). key_no as in member_identity.
CREATE TABLE member_private_attribute (
  shop_no INT UNSIGNED NOT NULL,
  member_no INT UNSIGNED NOT NULL,
  attribute_no INT UNSIGNED NOT NULL,
  position SMALLINT UNSIGNED NOT NULL,
  key_no INT UNSIGNED NOT NULL,
  int_value BIGINT NULL,
  text_value VARBINARY(1024) NULL,
  text_folded VARBINARY(11264) NULL,
  PRIMARY KEY (shop_no, member_no, attribute_no, position)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
