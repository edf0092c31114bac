// The API as the server tells it by reflection: nothing of it is known here beforehand but the
// reflection protocol itself.
'use strict';

const path = require('path');
const grpc = require('@grpc/grpc-js');
const protoLoader = require('@grpc/proto-loader');

const OPTIONS = {keepCase: true, longs: String, enums: String, defaults: true, oneofs: true};

function varint(value) {
  const bytes = [];
  while (value > 127) {
    bytes.push((value & 127) | 128);
    value >>>= 7;
  }
  bytes.push(value);
  return Buffer.from(bytes);
}

// google.protobuf.FileDescriptorSet { repeated FileDescriptorProto file = 1; } around ready-made files.
function descriptorSet(files) {
  return Buffer.concat(files.flatMap((file) => [Buffer.from([0x0a]), varint(file.length), file]));
}

// FileDescriptorProto.name (1) and .dependency (3), read by hand.
function nameAndDependencies(file) {
  let at = 0;
  const number = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = file[at++];
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  };
  let name = '';
  const dependencies = [];
  while (at < file.length) {
    const tag = number();
    if ((tag & 7) === 0) {
      number();
      continue;
    }
    if ((tag & 7) !== 2) throw new Error(`a file descriptor has wire type ${tag & 7}`);
    const length = number();
    const text = file.subarray(at, at + length);
    at += length;
    if (tag >> 3 === 1) name = text.toString();
    if (tag >> 3 === 3) dependencies.push(text.toString());
  }
  return {name, dependencies};
}

function metadataFor(token) {
  const metadata = new grpc.Metadata();
  if (token) metadata.set('authorization', `Bearer ${token}`);
  return metadata;
}

// {api, services}: the loaded package, ready for grpc-js, and the names the server listed.
async function loadApi(address, token) {
  const proto = path.join(__dirname, '..', '..', 'proto', 'grpc', 'reflection', 'v1alpha', 'reflection.proto');
  const reflection = grpc.loadPackageDefinition(protoLoader.loadSync(proto, OPTIONS));
  const client = new reflection.grpc.reflection.v1alpha.ServerReflection(
      address, grpc.credentials.createInsecure());
  const stream = client.ServerReflectionInfo(metadataFor(token));
  const waiting = [];
  stream.on('data', (answer) => waiting.shift().resolve(answer));
  const fail = (error) => waiting.splice(0).forEach((one) => one.reject(error));
  stream.on('error', fail);
  stream.on('end', () => fail(new Error('the reflection stream ended')));
  const ask = (question) => new Promise((resolve, reject) => {
    waiting.push({resolve, reject});
    stream.write(question);
  });
  try {
    const listed = await ask({list_services: '*'});
    const services = listed.list_services_response.service.map((one) => one.name);
    const files = new Map();
    const questions = services.filter((name) => name.startsWith('segmentation.'))
                          .map((name) => ({file_containing_symbol: name}));
    while (questions.length > 0) {
      const answer = await ask(questions.pop());
      if (answer.message_response !== 'file_descriptor_response') {
        throw new Error(`reflection: ${JSON.stringify(answer.error_response)}`);
      }
      for (const file of answer.file_descriptor_response.file_descriptor_proto) {
        const {name, dependencies} = nameAndDependencies(file);
        if (files.has(name)) continue;
        files.set(name, file);
        for (const other of dependencies) {
          if (!files.has(other)) questions.push({file_by_filename: other});
        }
      }
    }
    const set = descriptorSet([...files.values()]);
    const api = grpc.loadPackageDefinition(protoLoader.loadFileDescriptorSetFromBuffer(set, OPTIONS));
    return {api, services};
  } finally {
    stream.end();
    client.close();
  }
}

module.exports = {loadApi, metadataFor};
