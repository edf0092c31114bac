-- Ordered lists of texts of a definition: aliases and enum values of attributes, synonyms of tags.
CREATE TABLE definition_text (
  shop_no INT UNSIGNED NOT NULL,
  owner_kind TINYINT UNSIGNED NOT NULL, -- 1 attribute alias, 2 attribute enum value, 3 tag synonym
  owner_no INT UNSIGNED NOT NULL,
  position INT UNSIGNED NOT NULL,
  text VARBINARY(256) NOT NULL,
  PRIMARY KEY (shop_no, owner_kind, owner_no, position)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
