/** Certificates in PEM. */
export interface ServerTls {
  readonly cert: Buffer;
  readonly key: Buffer;
  /** Members must show a certificate that one of these has signed. @default members show none */
  readonly clientCa?: Buffer | undefined;
}

export interface MemberTls {
  /** The authorities that may have signed the server's certificate. @default those that Node.js trusts */
  readonly ca?: Buffer | undefined;
  /** The member's own certificate with its key, where the server wants one. */
  readonly cert?: Buffer | undefined;
  readonly key?: Buffer | undefined;
}
