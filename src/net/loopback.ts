/**
 * Whether a host is this machine, by its literal name only: 127.0.0.0/8, [::1] and localhost. Nothing is looked up.
 * Takes `URL.hostname`, where the URL parser has already made 127.1 or 0x7f000001 into 127.0.0.1.
 */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(hostname);
}
