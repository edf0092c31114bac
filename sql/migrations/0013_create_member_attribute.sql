-- One typed row a value (T40); position orders the values of a multi-valued attribute.
-- Folded forms are at most 11 times as long as their text (U+FDFA), here and in every table.
CREATE TABLE member_attribute (
  shop_no INT UNSIGNED NOT NULL,
  member_no INT UNSIGNED NOT NULL,
  attribute_no INT UNSIGNED NOT NULL,
  position SMALLINT UNSIGNED NOT NULL,
  int_value BIGINT NULL,
  text_value VARBINARY(1024) NULL,
  text_folded VARBINARY(11264) NULL,
  PRIMARY KEY (shop_no, member_no, attribute_no, position),
  KEY ix_member_attribute_int (shop_no, attribute_no, int_value),
  KEY ix_member_attribute_text (shop_no, attribute_no, text_folded(64))
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
