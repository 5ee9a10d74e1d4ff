// Whether an address is of this machine only: several rules, and the start itself, are stricter when it is not.

export function isLoopback(host: string): boolean {
  return /^(localhost|::1|127(\.\d{1,3}){3})$/i.test(host);
}
