-- In commit order: no gap, no overtaking. Payload: segmentation.internal.ChangeLogEntry.
CREATE TABLE change_log (
  shop_no INT UNSIGNED NOT NULL,
  revision BIGINT NOT NULL,
  cause TINYINT UNSIGNED NOT NULL, -- 1 FACT, 2 TIME, 3 DEFINITION, 4 POLICY, 5 MERGE, 6 ERASURE, 7 IMPORT
  committed_at_ms BIGINT NOT NULL,
  payload MEDIUMBLOB NOT NULL,
  PRIMARY KEY (shop_no, revision)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
