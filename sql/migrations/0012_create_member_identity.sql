-- Personal data. key_no: key the value is encrypted under, 0 = clear. Looked up by
-- value_hash = HMAC-SHA-256(shop key, kind ‖ normalised value).
CREATE TABLE member_identity (
  shop_no INT UNSIGNED NOT NULL,
  member_no INT UNSIGNED NOT NULL,
  identity_no INT UNSIGNED NOT NULL,
  kind TINYINT UNSIGNED NOT NULL,
  value_hash BINARY(32) NOT NULL,
  key_no INT UNSIGNED NOT NULL,
  value VARBINARY(320) NOT NULL,
  email_domain VARBINARY(1024) NULL, -- e-mail identities only, folded
  added_at_ms BIGINT NOT NULL,
  PRIMARY KEY (shop_no, member_no, identity_no),
  UNIQUE KEY uq_member_identity_value (shop_no, value_hash),
  KEY ix_member_identity_domain (shop_no, email_domain, member_no)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
