/** Something that the tests need is neither given, nor installed, nor installable. The message says how to get it. */
export class ProvisionError extends Error {
  /** @override */
  name = 'ProvisionError';
}
