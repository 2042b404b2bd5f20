// Loaded into a program before its own code: writes down every name it looks up and every TCP connection it begins.
import dns from 'node:dns';
import { appendFileSync } from 'node:fs';
import net from 'node:net';
import { syncBuiltinESMExports } from 'node:module';

const write = (kind, target) => appendFileSync(process.env.BEAMD_TEST_NETWORK, `${kind} ${target}\n`);

const { lookup } = dns;
dns.lookup = (host, ...rest) => {
  write('lookup', host);
  return lookup(host, ...rest);
};
const promised = dns.promises.lookup;
dns.promises.lookup = (host, ...rest) => {
  write('lookup', host);
  return promised(host, ...rest);
};
const { connect } = net.Socket.prototype;
net.Socket.prototype.connect = function recorded(...args) {
  const [options] = Array.isArray(args[0]) ? args[0] : args;
  if ((options?.path ?? undefined) === undefined && typeof options !== 'string')
    write('connect', `${options?.host ?? 'localhost'}:${options?.port ?? options}`);
  return connect.apply(this, args);
};
syncBuiltinESMExports();
