// CRC-32C (Castagnoli), written from its definition: the stream's checksum is checked by a second
// implementation.
'use strict';

function crc32c(bytes, before = 0) {
  let crc = before ^ 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; ++bit) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

module.exports = {crc32c};
