/** Bundles the product into `folder`, as the version of package.json or as another one, for a test. */
export function buildProduct(folder?: string, productVersion?: string): Promise<unknown>;
