-- Which group names which: kept for cycles (T44), deletion (T46) and ListReferences.
CREATE TABLE member_group_reference (
  shop_no INT UNSIGNED NOT NULL,
  group_no INT UNSIGNED NOT NULL,
  referenced_group_no INT UNSIGNED NOT NULL,
  PRIMARY KEY (shop_no, group_no, referenced_group_no),
  KEY ix_member_group_reference_back (shop_no, referenced_group_no, group_no)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
