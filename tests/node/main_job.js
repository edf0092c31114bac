// Imports orders, previews and streams through an API known by reflection alone; prints what it counted
// as JSON: {previews: {CONDITION: COUNT}, streamed: [IDS]}.
//   node main_job.js ADDRESS TOKEN_FILE SHOP CONDITION…     the first condition is the group streamed
'use strict';

const fs = require('fs');
const grpc = require('@grpc/grpc-js');
const {crc32c} = require('./crc32c');
const {loadApi, metadataFor} = require('./reflected_api');

const BUYERS = 120;

function ensure(condition, what) {
  if (!condition) throw new Error(what);
}

// Buyer i has i % 4 + 1 orders of i + 1 yuan.
function makeOrders() {
  const orders = [];
  for (let i = 0; i < BUYERS; ++i) {
    for (let n = 0; n <= i % 4; ++n) {
      const seconds = String(Date.UTC(2024, n, 10, 4) / 1000);
      orders.push({
        source: 'node',
        external_id: `${i}-${n}`,
        buyer_identities: [{kind: 'IDENTITY_KIND_OUID', value: `buyer-${i}`}],
        status: 'ORDER_STATUS_PAID',
        created_at: {seconds},
        paid_at: {seconds},
        goods_paid_minor_units: String((i + 1) * 100),
        lines: [{
          line_id: '1',
          product_id: `p-${i % 3}`,
          title: i % 2 === 0 ? '蕾丝连衣裙' : '补水面膜',
          quantity: '1',
          unit_price_minor_units: String((i + 1) * 100),
        }],
      });
    }
  }
  return orders;
}

function unary(client, method, request, metadata) {
  return new Promise((resolve, reject) => {
    client[method](request, metadata, (error, answer) => error ? reject(error) : resolve(answer));
  });
}

// Header, then chunks, each waited for; the totals of the last acknowledgement.
function importOrders(client, shop_id, orders, metadata) {
  return new Promise((resolve, reject) => {
    const stream = client.ImportOrders(metadata);
    const chunks = [];
    for (let at = 0; at < orders.length; at += 50) chunks.push(orders.slice(at, at + 50));
    let acked = 0;
    let totals = null;
    const sendNext = () => {
      if (acked === chunks.length) return stream.end();
      const rows = chunks[acked];
      let crc = 0;
      for (const order of rows) crc = crc32c(Buffer.from(`${order.external_id}\n`), crc);
      stream.write({chunk: {sequence: String(acked + 1), orders: rows, crc32c: String(crc)}});
    };
    stream.on('data', (answer) => {
      if (answer.message === 'ack') {
        ensure(answer.ack.sequence === String(acked + 1), `acknowledged ${answer.ack.sequence}`);
        totals = answer.ack.totals;
        ++acked;
      }
      sendNext();
    });
    stream.on('error', reject);
    stream.on('end', () => resolve(totals));
    stream.write({shop_id, header: {import_id: 'node-import', actor: {name: 'node'}}});
  });
}

// The ids of a group, every chunk and the end checked.
function streamGroup(client, shop_id, group_id, metadata) {
  return new Promise((resolve, reject) => {
    const ids = [];
    let crc = 0;
    let sequence = 0;
    let summary = null;
    const stream = client.StreamGroupMembers({shop_id, group_id, chunk_size: 7}, metadata);
    stream.on('data', (answer) => {
      if (answer.message === 'summary') {
        summary = answer.summary;
        return;
      }
      const bytes = answer.chunk.packed_values;
      crc = crc32c(bytes, crc);
      for (let at = 0; at < bytes.length; at += 1 + bytes[at]) {
        ids.push(bytes.subarray(at + 1, at + 1 + bytes[at]).toString());
      }
      try {
        ensure(answer.chunk.sequence === String(++sequence), 'a chunk is missing');
        ensure(answer.chunk.count_so_far === String(ids.length), 'the running count differs');
        ensure(answer.chunk.running_crc32c === String(crc), 'the running checksum differs');
      } catch (error) {
        stream.cancel();
        reject(error);
      }
    });
    stream.on('error', reject);
    stream.on('end', () => {
      if (summary === null || summary.value_count !== String(ids.length) || summary.crc32c !== String(crc)) {
        return reject(new Error('the stream does not agree with its summary'));
      }
      resolve(ids);
    });
  });
}

async function refused(address, token) {
  try {
    await loadApi(address, token);
  } catch (error) {
    return error.code === grpc.status.UNAUTHENTICATED;
  }
  return false;
}

async function main([address, tokenFile, shop_id, ...conditions]) {
  const token = fs.readFileSync(tokenFile, 'utf8').trim();
  ensure(await refused(address, ''), 'reflection answered without a token');
  ensure(await refused(address, 'wrong'), 'reflection answered a wrong token');
  const {api, services} = await loadApi(address, token);
  ensure(services.includes('segmentation.v1.GroupService'), `services: ${services}`);
  const v1 = api.segmentation.v1;
  const metadata = metadataFor(token);
  const connect = (Service) => new Service(address, grpc.credentials.createInsecure());
  const [shops, orders, groups] = [v1.ShopService, v1.OrderService, v1.GroupService].map(connect);
  const actor = {name: 'node'};

  await unary(shops, 'CreateShop', {
    shop_id, request_id: 'node-shop', actor,
    shop: {time_zone: 'Asia/Shanghai', currency_code: 'CNY'},
  }, metadata);
  const rows = makeOrders();
  const totals = await importOrders(orders, shop_id, rows, metadata);
  ensure(totals.accepted_count === String(rows.length), `imported ${JSON.stringify(totals)}`);
  const again = await importOrders(orders, shop_id, rows, metadata);
  ensure(again.accepted_count === String(rows.length), 'the same import again counts twice');

  const previews = {};
  for (const text of conditions) {
    const answer = await unary(groups, 'PreviewGroup', {shop_id, condition: {text}}, metadata);
    ensure(answer.stamp.exact, 'the count is not exact');
    previews[text] = Number(answer.member_count);
  }
  await unary(groups, 'CreateGroup', {
    shop_id, request_id: 'node-group', actor,
    group: {group_id: 'from-node'}, condition: {text: conditions[0]},
  }, metadata);
  const streamed = await streamGroup(groups, shop_id, 'from-node', metadata);
  console.log(JSON.stringify({previews, streamed}));
  for (const client of [shops, orders, groups]) client.close();
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exit(1);
});
