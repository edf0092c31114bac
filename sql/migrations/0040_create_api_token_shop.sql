CREATE TABLE api_token_shop (
  token_id VARBINARY(64) NOT NULL,
  shop_id VARBINARY(64) NOT NULL,
  PRIMARY KEY (token_id, shop_id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
