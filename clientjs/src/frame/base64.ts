/** Base64url without padding. */
export function toBase64(p: Uint8Array): string {
  let s = "";
  for (const b of p) {
    s += String.fromCharCode(b);
  }
  return btoa(s).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");
}

/** Each value has one form only: the bits after the last byte are 0. Anything else is undefined. */
export function fromBase64(s: string): Uint8Array | undefined {
  const last = ["AEIMQUYcgkosw048", "AQgw"][3 - (s.length % 4)]; // of a group of 3 characters, of 2
  if (/[^\w-]/.test(s) || s.length % 4 === 1 || (last && !last.includes(s.at(-1)!))) {
    return undefined;
  }
  return Uint8Array.from(atob(s.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
}
