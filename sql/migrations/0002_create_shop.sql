CREATE TABLE shop (
  shop_no INT UNSIGNED NOT NULL,
  shop_id VARBINARY(64) NOT NULL,
  name VARBINARY(256) NOT NULL,
  time_zone VARBINARY(64) NOT NULL,
  currency VARBINARY(3) NOT NULL,
  currency_digits TINYINT UNSIGNED NOT NULL,
  identity_key VARBINARY(32) NOT NULL, -- HMAC key of identity look-ups
  deleted TINYINT UNSIGNED NOT NULL,
  revision BIGINT NOT NULL,
  ordinal INT NOT NULL,
  created_at_ms BIGINT NOT NULL,
  updated_at_ms BIGINT NOT NULL,
  created_by VARBINARY(128) NOT NULL,
  updated_by VARBINARY(128) NOT NULL,
  PRIMARY KEY (shop_no),
  UNIQUE KEY uq_shop_id (shop_id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
