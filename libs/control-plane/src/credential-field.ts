/** The metadata field that carries the credential which registering gave. */
export const CREDENTIAL_FIELD = 'parley-credential';
