-- Ids of deleted groups: 'x'@1 and the groups that named x may never come to mean another (T68).
CREATE TABLE retired_group (
  shop_no INT UNSIGNED NOT NULL,
  group_id VARBINARY(64) NOT NULL,
  PRIMARY KEY (shop_no, group_id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
