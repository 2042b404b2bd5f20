declare const BEAMD_BUILD_VERSION: string | undefined;

/** Version of the package, put in by the build. */
export const VERSION: string = typeof BEAMD_BUILD_VERSION === 'string' ? BEAMD_BUILD_VERSION : '0.0.0';
