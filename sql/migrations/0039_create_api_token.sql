-- No shop_no: a token may name several shops. Only a hash of the secret is kept.
CREATE TABLE api_token (
  token_id VARBINARY(64) NOT NULL,
  secret_hash BINARY(32) NOT NULL,
  label VARBINARY(256) NOT NULL,
  role TINYINT UNSIGNED NOT NULL,
  all_shops TINYINT UNSIGNED NOT NULL,
  expires_at_ms BIGINT NULL,
  revoked_at_ms BIGINT NULL,
  created_at_ms BIGINT NOT NULL,
  created_by VARBINARY(128) NOT NULL,
  PRIMARY KEY (token_id),
  UNIQUE KEY uq_api_token_secret (secret_hash)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
