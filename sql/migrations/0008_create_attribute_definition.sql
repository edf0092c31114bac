-- Custom attributes only; built-in ones are a table in the program, numbered below 1000.
CREATE TABLE attribute_definition (
  shop_no INT UNSIGNED NOT NULL,
  attribute_no INT UNSIGNED NOT NULL,
  name VARBINARY(64) NOT NULL,
  value_type TINYINT UNSIGNED NOT NULL,
  folding TINYINT UNSIGNED NOT NULL,
  multi_valued TINYINT UNSIGNED NOT NULL,
  pii TINYINT UNSIGNED NOT NULL,
  description VARBINARY(1024) NOT NULL,
  revision BIGINT NOT NULL,
  ordinal INT NOT NULL,
  created_at_ms BIGINT NOT NULL,
  updated_at_ms BIGINT NOT NULL,
  created_by VARBINARY(128) NOT NULL,
  updated_by VARBINARY(128) NOT NULL,
  PRIMARY KEY (shop_no, attribute_no),
  UNIQUE KEY uq_attribute_definition_name (shop_no, name)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
