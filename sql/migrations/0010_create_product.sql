CREATE TABLE product (
  shop_no INT UNSIGNED NOT NULL,
  product_no INT UNSIGNED NOT NULL,
  product_id VARBINARY(64) NOT NULL,
  title VARBINARY(512) NOT NULL,
  category VARBINARY(256) NOT NULL,
  brand VARBINARY(256) NOT NULL,
  stage VARBINARY(64) NOT NULL,
  revision BIGINT NOT NULL,
  ordinal INT NOT NULL,
  created_at_ms BIGINT NOT NULL,
  updated_at_ms BIGINT NOT NULL,
  created_by VARBINARY(128) NOT NULL,
  updated_by VARBINARY(128) NOT NULL,
  PRIMARY KEY (shop_no, product_no),
  UNIQUE KEY uq_product_id (shop_no, product_id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
