-- What was deleted, until the change log behind it is trimmed.
CREATE TABLE tombstone (
  shop_no INT UNSIGNED NOT NULL,
  kind TINYINT UNSIGNED NOT NULL, -- 1 store, 2 promotion, 3 attribute, 4 tag category, 5 tag, 6 group, 7 note
  no INT UNSIGNED NOT NULL,
  revision BIGINT NOT NULL,
  PRIMARY KEY (shop_no, kind, no)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
