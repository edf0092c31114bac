-- The schema after all migrations, written by tests/storage/schema_test.cc; never by hand.

CREATE TABLE api_token (
  token_id varbinary(64) NOT NULL,
  secret_hash binary(32) NOT NULL,
  label varbinary(256) NOT NULL,
  role tinyint unsigned NOT NULL,
  all_shops tinyint unsigned NOT NULL,
  expires_at_ms bigint NULL,
  revoked_at_ms bigint NULL,
  created_at_ms bigint NOT NULL,
  created_by varbinary(128) NOT NULL,
  PRIMARY KEY (token_id),
  UNIQUE KEY uq_api_token_secret (secret_hash)
) ENGINE=InnoDB COLLATE=utf8mb4_bin;

CREATE TABLE api_token_shop (
  token_id varbinary(64) NOT NULL,
  shop_id varbinary(64) NOT NULL,
  PRIMARY KEY (token_id, shop_id)
) ENGINE=InnoDB COLLATE=utf8mb4_bin;

CREATE TABLE attribute_definition (
  shop_no int unsigned NOT NULL,
  attribute_no int unsigned NOT NULL,
  name varbinary(64) NOT NULL,
  value_type tinyint unsigned NOT NULL,
  folding tinyint unsigned NOT NULL,
  multi_valued tinyint unsigned NOT NULL,
  pii tinyint unsigned NOT NULL,
  description varbinary(1024) NOT NULL,
  revision bigint NOT NULL,
  ordinal int NOT NULL,
  created_at_ms bigint NOT NULL,
  updated_at_ms bigint NOT NULL,
  created_by varbinary(128) NOT NULL,
  updated_by varbinary(128) NOT NULL,
  PRIMARY KEY (shop_no, attribute_no),
  UNIQUE KEY uq_attribute_definition_name (shop_no, name)
) ENGINE=InnoDB COLLATE=utf8mb4_bin;

CREATE TABLE change_log (
  shop_no int unsigned NOT NULL,
  revision bigint NOT NULL,
  cause tinyint unsigned NOT NULL,
  committed_at_ms bigint NOT NULL,
  payload mediumblob NOT NULL,
  PRIMARY KEY (shop_no, revision)
) ENGINE=InnoDB COLLATE=utf8mb4_bin;

CREATE TABLE change_log_part (
  shop_no int unsigned NOT NULL,
  revision bigint NOT NULL,
  part smallint unsigned NOT NULL,
  payload mediumblob NOT NULL,
  PRIMARY KEY (shop_no, revision, part)
) ENGINE=InnoDB COLLATE=utf8mb4_bin;

CREATE TABLE change_log_private (
  shop_no int unsigned NOT NULL,
  member_no int unsigned NOT NULL,
  revision bigint NOT NULL,
  payload mediumblob NOT NULL,
  PRIMARY KEY (shop_no, member_no, revision),
  KEY ix_change_log_private_revision (shop_no, revision)
) ENGINE=InnoDB COLLATE=utf8mb4_bin;

CREATE TABLE consent_history (
  shop_no int unsigned NOT NULL,
  member_no int unsigned NOT NULL,
  revision bigint NOT NULL,
  ordinal int NOT NULL,
  channel tinyint unsigned NOT NULL,
  state tinyint unsigned NOT NULL,
  changed_at_ms bigint NOT NULL,
  evidence varbinary(256) NOT NULL,
  actor varbinary(128) NOT NULL,
  PRIMARY KEY (shop_no, member_no, revision, ordinal)
) ENGINE=InnoDB COLLATE=utf8mb4_bin;

CREATE TABLE customer_order (
  shop_no int unsigned NOT NULL,
  member_no int unsigned NOT NULL,
  order_no int unsigned NOT NULL,
  identity_no int unsigned NOT NULL,
  store_no int unsigned NOT NULL,
  source varbinary(32) NOT NULL,
  external_id varbinary(64) NOT NULL,
  status tinyint unsigned NOT NULL,
  source_updated_at_ms bigint NOT NULL,
  ordered_at_ms bigint NOT NULL,
  paid_at_ms bigint NULL,
  final_paid_at_ms bigint NULL,
  shipped_at_ms bigint NULL,
  received_at_ms bigint NULL,
  finished_at_ms bigint NULL,
  closed_at_ms bigint NULL,
  presale tinyint unsigned NOT NULL,
  cash_on_delivery tinyint unsigned NOT NULL,
  receipt_automatic tinyint unsigned NOT NULL,
  terminal varbinary(64) NOT NULL,
  terminal_folded varbinary(704) NOT NULL,
  logistics_company varbinary(64) NOT NULL,
  logistics_company_folded varbinary(704) NOT NULL,
  goods_paid_minor bigint NOT NULL,
  freight_minor bigint NOT NULL,
  platform_discount_minor bigint NOT NULL,
  exclusion_reason varbinary(256) NOT NULL,
  order_at_ms bigint NOT NULL,
  order_day int NOT NULL,
  counted_from_ms bigint NOT NULL,
  counted_until_ms bigint NOT NULL,
  not_counted_reason tinyint unsigned NOT NULL,
  paid_minor bigint NOT NULL,
  goods_refunded_minor bigint NOT NULL,
  quantity bigint NOT NULL,
  policy_revision int NOT NULL,
  revision bigint NOT NULL,
  ordinal int NOT NULL,
  created_at_ms bigint NOT NULL,
  updated_at_ms bigint NOT NULL,
  created_by varbinary(128) NOT NULL,
  updated_by varbinary(128) NOT NULL,
  PRIMARY KEY (shop_no, member_no, order_no),
  KEY ix_customer_order_day (shop_no, order_day, member_no),
  UNIQUE KEY uq_customer_order_external (shop_no, source, external_id)
) ENGINE=InnoDB COLLATE=utf8mb4_bin;

CREATE TABLE definition_text (
  shop_no int unsigned NOT NULL,
  owner_kind tinyint unsigned NOT NULL,
  owner_no int unsigned NOT NULL,
  position int unsigned NOT NULL,
  text varbinary(256) NOT NULL,
  PRIMARY KEY (shop_no, owner_kind, owner_no, position)
) ENGINE=InnoDB COLLATE=utf8mb4_bin;

CREATE TABLE import_progress (
  shop_no int unsigned NOT NULL,
  import_id varbinary(64) NOT NULL,
  kind tinyint unsigned NOT NULL,
  last_sequence bigint NOT NULL,
  accepted_count bigint NOT NULL,
  unchanged_count bigint NOT NULL,
  rejected_count bigint NOT NULL,
  last_answer mediumblob NOT NULL,
  updated_at_ms bigint NOT NULL,
  PRIMARY KEY (shop_no, import_id)
) ENGINE=InnoDB COLLATE=utf8mb4_bin;

CREATE TABLE member (
  shop_no int unsigned NOT NULL,
  member_no int unsigned NOT NULL,
  member_id varbinary(64) NOT NULL,
  split_key binary(8) NOT NULL,
  live tinyint unsigned NOT NULL,
  merged_into_no int unsigned NOT NULL,
  erased tinyint unsigned NOT NULL,
  blocked tinyint unsigned NOT NULL,
  next_identity_no int unsigned NOT NULL,
  revision bigint NOT NULL,
  ordinal int NOT NULL,
  created_at_ms bigint NOT NULL,
  updated_at_ms bigint NOT NULL,
  created_by varbinary(128) NOT NULL,
  updated_by varbinary(128) NOT NULL,
  PRIMARY KEY (shop_no, member_no),
  UNIQUE KEY uq_member_id (shop_no, member_id)
) ENGINE=InnoDB COLLATE=utf8mb4_bin;

CREATE TABLE member_attribute (
  shop_no int unsigned NOT NULL,
  member_no int unsigned NOT NULL,
  attribute_no int unsigned NOT NULL,
  position smallint unsigned NOT NULL,
  int_value bigint NULL,
  text_value varbinary(1024) NULL,
  text_folded varbinary(11264) NULL,
  PRIMARY KEY (shop_no, member_no, attribute_no, position),
  KEY ix_member_attribute_int (shop_no, attribute_no, int_value),
  KEY ix_member_attribute_text (shop_no, attribute_no, text_folded(64))
) ENGINE=InnoDB COLLATE=utf8mb4_bin;

CREATE TABLE member_consent (
  shop_no int unsigned NOT NULL,
  member_no int unsigned NOT NULL,
  channel tinyint unsigned NOT NULL,
  state tinyint unsigned NOT NULL,
  changed_at_ms bigint NOT NULL,
  evidence varbinary(256) NOT NULL,
  PRIMARY KEY (shop_no, member_no, channel),
  KEY ix_member_consent_channel (shop_no, channel, state, member_no)
) ENGINE=InnoDB COLLATE=utf8mb4_bin;

CREATE TABLE member_group (
  shop_no int unsigned NOT NULL,
  group_no int unsigned NOT NULL,
  group_id varbinary(64) NOT NULL,
  name varbinary(256) NOT NULL,
  condition_text mediumblob NOT NULL,
  grammar_version smallint unsigned NOT NULL,
  group_revision int NOT NULL,
  note varbinary(4096) NOT NULL,
  owner varbinary(128) NOT NULL,
  revision bigint NOT NULL,
  ordinal int NOT NULL,
  created_at_ms bigint NOT NULL,
  updated_at_ms bigint NOT NULL,
  created_by varbinary(128) NOT NULL,
  updated_by varbinary(128) NOT NULL,
  PRIMARY KEY (shop_no, group_no),
  UNIQUE KEY uq_member_group_id (shop_no, group_id)
) ENGINE=InnoDB COLLATE=utf8mb4_bin;

CREATE TABLE member_group_reference (
  shop_no int unsigned NOT NULL,
  group_no int unsigned NOT NULL,
  referenced_group_no int unsigned NOT NULL,
  PRIMARY KEY (shop_no, group_no, referenced_group_no),
  KEY ix_member_group_reference_back (shop_no, referenced_group_no, group_no)
) ENGINE=InnoDB COLLATE=utf8mb4_bin;

CREATE TABLE member_group_revision (
  shop_no int unsigned NOT NULL,
  group_no int unsigned NOT NULL,
  group_revision int NOT NULL,
  name varbinary(256) NOT NULL,
  condition_text mediumblob NOT NULL,
  grammar_version smallint unsigned NOT NULL,
  revision bigint NOT NULL,
  ordinal int NOT NULL,
  created_at_ms bigint NOT NULL,
  updated_at_ms bigint NOT NULL,
  created_by varbinary(128) NOT NULL,
  updated_by varbinary(128) NOT NULL,
  PRIMARY KEY (shop_no, group_no, group_revision)
) ENGINE=InnoDB COLLATE=utf8mb4_bin;

CREATE TABLE member_identity (
  shop_no int unsigned NOT NULL,
  member_no int unsigned NOT NULL,
  identity_no int unsigned NOT NULL,
  kind tinyint unsigned NOT NULL,
  value_hash binary(32) NOT NULL,
  key_no int unsigned NOT NULL,
  value varbinary(320) NOT NULL,
  email_domain varbinary(1024) NULL,
  added_at_ms bigint NOT NULL,
  PRIMARY KEY (shop_no, member_no, identity_no),
  KEY ix_member_identity_domain (shop_no, email_domain, member_no),
  UNIQUE KEY uq_member_identity_value (shop_no, value_hash)
) ENGINE=InnoDB COLLATE=utf8mb4_bin;

CREATE TABLE member_note (
  shop_no int unsigned NOT NULL,
  member_no int unsigned NOT NULL,
  note_id varbinary(64) NOT NULL,
  key_no int unsigned NOT NULL,
  text varbinary(4096) NOT NULL,
  author varbinary(128) NOT NULL,
  revision bigint NOT NULL,
  ordinal int NOT NULL,
  created_at_ms bigint NOT NULL,
  updated_at_ms bigint NOT NULL,
  created_by varbinary(128) NOT NULL,
  updated_by varbinary(128) NOT NULL,
  PRIMARY KEY (shop_no, member_no, note_id)
) ENGINE=InnoDB COLLATE=utf8mb4_bin;

CREATE TABLE member_private_attribute (
  shop_no int unsigned NOT NULL,
  member_no int unsigned NOT NULL,
  attribute_no int unsigned NOT NULL,
  position smallint unsigned NOT NULL,
  key_no int unsigned NOT NULL,
  int_value bigint NULL,
  text_value varbinary(1024) NULL,
  text_folded varbinary(11264) NULL,
  PRIMARY KEY (shop_no, member_no, attribute_no, position)
) ENGINE=InnoDB COLLATE=utf8mb4_bin;

CREATE TABLE metric_policy (
  shop_no int unsigned NOT NULL,
  policy_revision int NOT NULL,
  valid_moment tinyint unsigned NOT NULL,
  order_date tinyint unsigned NOT NULL,
  count_wholly_refunded tinyint unsigned NOT NULL,
  platform_discounts_count_as_paid tinyint unsigned NOT NULL,
  gifts_count_as_bought tinyint unsigned NOT NULL,
  revision bigint NOT NULL,
  PRIMARY KEY (shop_no, policy_revision)
) ENGINE=InnoDB COLLATE=utf8mb4_bin;

CREATE TABLE operation (
  shop_no int unsigned NOT NULL,
  operation_id varbinary(64) NOT NULL,
  kind varbinary(32) NOT NULL,
  state tinyint unsigned NOT NULL,
  cancel_requested tinyint unsigned NOT NULL,
  arguments mediumblob NOT NULL,
  cursor_value varbinary(1024) NOT NULL,
  done_count bigint NOT NULL,
  total_count bigint NOT NULL,
  error_reason varbinary(64) NOT NULL,
  error_message varbinary(1024) NOT NULL,
  lease_owner varbinary(64) NOT NULL,
  lease_until_ms bigint NOT NULL,
  finished_at_ms bigint NULL,
  revision bigint NOT NULL,
  ordinal int NOT NULL,
  created_at_ms bigint NOT NULL,
  updated_at_ms bigint NOT NULL,
  created_by varbinary(128) NOT NULL,
  updated_by varbinary(128) NOT NULL,
  PRIMARY KEY (shop_no, operation_id),
  KEY ix_operation_created (shop_no, created_at_ms, operation_id)
) ENGINE=InnoDB COLLATE=utf8mb4_bin;

CREATE TABLE order_address (
  shop_no int unsigned NOT NULL,
  member_no int unsigned NOT NULL,
  order_no int unsigned NOT NULL,
  key_no int unsigned NOT NULL,
  province varbinary(64) NOT NULL,
  province_folded varbinary(704) NOT NULL,
  city varbinary(64) NOT NULL,
  city_folded varbinary(704) NOT NULL,
  district varbinary(64) NOT NULL,
  street varbinary(512) NOT NULL,
  full_text varbinary(1024) NOT NULL,
  full_text_folded varbinary(11264) NOT NULL,
  PRIMARY KEY (shop_no, member_no, order_no)
) ENGINE=InnoDB COLLATE=utf8mb4_bin;

CREATE TABLE order_coupon (
  shop_no int unsigned NOT NULL,
  member_no int unsigned NOT NULL,
  order_no int unsigned NOT NULL,
  position smallint unsigned NOT NULL,
  coupon_id varbinary(64) NOT NULL,
  PRIMARY KEY (shop_no, member_no, order_no, position)
) ENGINE=InnoDB COLLATE=utf8mb4_bin;

CREATE TABLE order_line (
  shop_no int unsigned NOT NULL,
  member_no int unsigned NOT NULL,
  order_no int unsigned NOT NULL,
  line_no int unsigned NOT NULL,
  line_id varbinary(64) NOT NULL,
  product_no int unsigned NOT NULL,
  product_id varbinary(64) NOT NULL,
  sku varbinary(128) NOT NULL,
  title varbinary(512) NOT NULL,
  title_folded varbinary(5632) NOT NULL,
  category varbinary(256) NOT NULL,
  category_folded varbinary(2816) NOT NULL,
  brand varbinary(256) NOT NULL,
  brand_folded varbinary(2816) NOT NULL,
  quantity bigint NOT NULL,
  unit_price_minor bigint NOT NULL,
  line_discount_minor bigint NOT NULL,
  source_paid_minor bigint NULL,
  gift_flag tinyint unsigned NOT NULL,
  paid_minor bigint NOT NULL,
  is_gift tinyint unsigned NOT NULL,
  PRIMARY KEY (shop_no, member_no, order_no, line_no)
) ENGINE=InnoDB COLLATE=utf8mb4_bin;

CREATE TABLE order_line_property (
  shop_no int unsigned NOT NULL,
  member_no int unsigned NOT NULL,
  order_no int unsigned NOT NULL,
  line_no int unsigned NOT NULL,
  name varbinary(64) NOT NULL,
  name_folded varbinary(704) NOT NULL,
  value varbinary(256) NOT NULL,
  value_folded varbinary(2816) NOT NULL,
  number_value bigint NULL,
  PRIMARY KEY (shop_no, member_no, order_no, line_no, name)
) ENGINE=InnoDB COLLATE=utf8mb4_bin;

CREATE TABLE order_promotion_source (
  shop_no int unsigned NOT NULL,
  member_no int unsigned NOT NULL,
  order_no int unsigned NOT NULL,
  position smallint unsigned NOT NULL,
  promotion_source varbinary(64) NOT NULL,
  promotion_source_folded varbinary(704) NOT NULL,
  PRIMARY KEY (shop_no, member_no, order_no, position)
) ENGINE=InnoDB COLLATE=utf8mb4_bin;

CREATE TABLE order_refund (
  shop_no int unsigned NOT NULL,
  member_no int unsigned NOT NULL,
  order_no int unsigned NOT NULL,
  refund_no int unsigned NOT NULL,
  refund_id varbinary(64) NOT NULL,
  kind tinyint unsigned NOT NULL,
  status tinyint unsigned NOT NULL,
  refunded_at_ms bigint NULL,
  amount_minor bigint NOT NULL,
  line_id varbinary(64) NOT NULL,
  returned_quantity bigint NOT NULL,
  effective_at_ms bigint NOT NULL,
  time_unknown tinyint unsigned NOT NULL,
  PRIMARY KEY (shop_no, member_no, order_no, refund_no)
) ENGINE=InnoDB COLLATE=utf8mb4_bin;

CREATE TABLE order_refund_part (
  shop_no int unsigned NOT NULL,
  member_no int unsigned NOT NULL,
  order_no int unsigned NOT NULL,
  refund_no int unsigned NOT NULL,
  line_no int unsigned NOT NULL,
  amount_minor bigint NOT NULL,
  returned_quantity bigint NOT NULL,
  effective_at_ms bigint NOT NULL,
  PRIMARY KEY (shop_no, member_no, order_no, refund_no, line_no)
) ENGINE=InnoDB COLLATE=utf8mb4_bin;

CREATE TABLE order_review (
  shop_no int unsigned NOT NULL,
  member_no int unsigned NOT NULL,
  order_no int unsigned NOT NULL,
  review_id varbinary(64) NOT NULL,
  reviewed_at_ms bigint NOT NULL,
  rating tinyint unsigned NOT NULL,
  automatic tinyint unsigned NOT NULL,
  key_no int unsigned NOT NULL,
  text varbinary(4096) NOT NULL,
  text_folded varbinary(45056) NOT NULL,
  PRIMARY KEY (shop_no, member_no, order_no, review_id)
) ENGINE=InnoDB COLLATE=utf8mb4_bin;

CREATE TABLE product (
  shop_no int unsigned NOT NULL,
  product_no int unsigned NOT NULL,
  product_id varbinary(64) NOT NULL,
  title varbinary(512) NOT NULL,
  category varbinary(256) NOT NULL,
  brand varbinary(256) NOT NULL,
  stage varbinary(64) NOT NULL,
  revision bigint NOT NULL,
  ordinal int NOT NULL,
  created_at_ms bigint NOT NULL,
  updated_at_ms bigint NOT NULL,
  created_by varbinary(128) NOT NULL,
  updated_by varbinary(128) NOT NULL,
  PRIMARY KEY (shop_no, product_no),
  UNIQUE KEY uq_product_id (shop_no, product_id)
) ENGINE=InnoDB COLLATE=utf8mb4_bin;

CREATE TABLE promotion (
  shop_no int unsigned NOT NULL,
  promotion_no int unsigned NOT NULL,
  promotion_id varbinary(64) NOT NULL,
  kind varbinary(64) NOT NULL,
  revision bigint NOT NULL,
  ordinal int NOT NULL,
  created_at_ms bigint NOT NULL,
  updated_at_ms bigint NOT NULL,
  created_by varbinary(128) NOT NULL,
  updated_by varbinary(128) NOT NULL,
  PRIMARY KEY (shop_no, promotion_no),
  UNIQUE KEY uq_promotion_id (shop_no, promotion_id)
) ENGINE=InnoDB COLLATE=utf8mb4_bin;

CREATE TABLE promotion_window (
  shop_no int unsigned NOT NULL,
  promotion_no int unsigned NOT NULL,
  position smallint unsigned NOT NULL,
  from_ms bigint NOT NULL,
  until_ms bigint NOT NULL,
  PRIMARY KEY (shop_no, promotion_no, position)
) ENGINE=InnoDB COLLATE=utf8mb4_bin;

CREATE TABLE request_log (
  shop_no int unsigned NOT NULL,
  request_id varbinary(64) NOT NULL,
  request_hash binary(32) NOT NULL,
  revision bigint NOT NULL,
  created_at_ms bigint NOT NULL,
  answer mediumblob NOT NULL,
  PRIMARY KEY (shop_no, request_id),
  KEY ix_request_log_created (shop_no, created_at_ms)
) ENGINE=InnoDB COLLATE=utf8mb4_bin;

CREATE TABLE retired_group (
  shop_no int unsigned NOT NULL,
  group_id varbinary(64) NOT NULL,
  PRIMARY KEY (shop_no, group_id)
) ENGINE=InnoDB COLLATE=utf8mb4_bin;

CREATE TABLE service_secret (
  name varbinary(32) NOT NULL,
  value varbinary(64) NOT NULL,
  PRIMARY KEY (name)
) ENGINE=InnoDB COLLATE=utf8mb4_bin;

CREATE TABLE shop (
  shop_no int unsigned NOT NULL,
  shop_id varbinary(64) NOT NULL,
  name varbinary(256) NOT NULL,
  time_zone varbinary(64) NOT NULL,
  currency varbinary(3) NOT NULL,
  currency_digits tinyint unsigned NOT NULL,
  identity_key varbinary(32) NOT NULL,
  deleted tinyint unsigned NOT NULL,
  revision bigint NOT NULL,
  ordinal int NOT NULL,
  created_at_ms bigint NOT NULL,
  updated_at_ms bigint NOT NULL,
  created_by varbinary(128) NOT NULL,
  updated_by varbinary(128) NOT NULL,
  PRIMARY KEY (shop_no),
  UNIQUE KEY uq_shop_id (shop_id)
) ENGINE=InnoDB COLLATE=utf8mb4_bin;

CREATE TABLE shop_head (
  shop_no int unsigned NOT NULL,
  revision bigint NOT NULL,
  definition_revision bigint NOT NULL,
  tick_at_ms bigint NOT NULL,
  next_member_no int unsigned NOT NULL,
  next_order_no int unsigned NOT NULL,
  next_store_no int unsigned NOT NULL,
  next_promotion_no int unsigned NOT NULL,
  next_product_no int unsigned NOT NULL,
  next_attribute_no int unsigned NOT NULL,
  next_tag_category_no int unsigned NOT NULL,
  next_tag_no int unsigned NOT NULL,
  next_group_no int unsigned NOT NULL,
  PRIMARY KEY (shop_no)
) ENGINE=InnoDB COLLATE=utf8mb4_bin;

CREATE TABLE store (
  shop_no int unsigned NOT NULL,
  store_no int unsigned NOT NULL,
  store_id varbinary(64) NOT NULL,
  name varbinary(256) NOT NULL,
  platform varbinary(32) NOT NULL,
  revision bigint NOT NULL,
  ordinal int NOT NULL,
  created_at_ms bigint NOT NULL,
  updated_at_ms bigint NOT NULL,
  created_by varbinary(128) NOT NULL,
  updated_by varbinary(128) NOT NULL,
  PRIMARY KEY (shop_no, store_no),
  UNIQUE KEY uq_store_id (shop_no, store_id)
) ENGINE=InnoDB COLLATE=utf8mb4_bin;

CREATE TABLE tag (
  shop_no int unsigned NOT NULL,
  tag_no int unsigned NOT NULL,
  tag_category_no int unsigned NOT NULL,
  tag_id varbinary(64) NOT NULL,
  value varbinary(256) NOT NULL,
  exclusion_set int NOT NULL,
  position int NOT NULL,
  description varbinary(1024) NOT NULL,
  revision bigint NOT NULL,
  ordinal int NOT NULL,
  created_at_ms bigint NOT NULL,
  updated_at_ms bigint NOT NULL,
  created_by varbinary(128) NOT NULL,
  updated_by varbinary(128) NOT NULL,
  PRIMARY KEY (shop_no, tag_no),
  UNIQUE KEY uq_tag_id (shop_no, tag_id),
  UNIQUE KEY uq_tag_value (shop_no, tag_category_no, value)
) ENGINE=InnoDB COLLATE=utf8mb4_bin;

CREATE TABLE tag_assignment (
  shop_no int unsigned NOT NULL,
  member_no int unsigned NOT NULL,
  tag_no int unsigned NOT NULL,
  source tinyint unsigned NOT NULL,
  confidence_percent tinyint unsigned NOT NULL,
  assigned_at_ms bigint NOT NULL,
  expires_at_ms bigint NULL,
  number_value bigint NULL,
  actor varbinary(128) NOT NULL,
  reference varbinary(128) NOT NULL,
  revision bigint NOT NULL,
  ordinal int NOT NULL,
  created_at_ms bigint NOT NULL,
  updated_at_ms bigint NOT NULL,
  created_by varbinary(128) NOT NULL,
  updated_by varbinary(128) NOT NULL,
  PRIMARY KEY (shop_no, member_no, tag_no),
  KEY ix_tag_assignment_tag (shop_no, tag_no, member_no)
) ENGINE=InnoDB COLLATE=utf8mb4_bin;

CREATE TABLE tag_category (
  shop_no int unsigned NOT NULL,
  tag_category_no int unsigned NOT NULL,
  tag_category_id varbinary(64) NOT NULL,
  template_name varbinary(64) NOT NULL,
  name varbinary(256) NOT NULL,
  kind tinyint unsigned NOT NULL,
  choice tinyint unsigned NOT NULL,
  description varbinary(1024) NOT NULL,
  revision bigint NOT NULL,
  ordinal int NOT NULL,
  created_at_ms bigint NOT NULL,
  updated_at_ms bigint NOT NULL,
  created_by varbinary(128) NOT NULL,
  updated_by varbinary(128) NOT NULL,
  PRIMARY KEY (shop_no, tag_category_no),
  UNIQUE KEY uq_tag_category_id (shop_no, tag_category_id),
  UNIQUE KEY uq_tag_category_name (shop_no, template_name, name)
) ENGINE=InnoDB COLLATE=utf8mb4_bin;

CREATE TABLE tag_history (
  shop_no int unsigned NOT NULL,
  member_no int unsigned NOT NULL,
  revision bigint NOT NULL,
  ordinal int NOT NULL,
  tag_no int unsigned NOT NULL,
  action tinyint unsigned NOT NULL,
  source tinyint unsigned NOT NULL,
  confidence_percent tinyint unsigned NOT NULL,
  at_ms bigint NOT NULL,
  assigned_at_ms bigint NOT NULL,
  expires_at_ms bigint NULL,
  number_value bigint NULL,
  actor varbinary(128) NOT NULL,
  reference varbinary(128) NOT NULL,
  PRIMARY KEY (shop_no, member_no, revision, ordinal)
) ENGINE=InnoDB COLLATE=utf8mb4_bin;
