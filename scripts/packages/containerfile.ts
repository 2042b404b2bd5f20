/** The image: the executable, the files of the C library that it needs, the certificates of public authorities, and no root. */

/** What the executable loads, as `ldd` lists it. */
export const C_LIBRARY = ['libc.so.6', 'libpthread.so.0', 'libdl.so.2', 'libm.so.6'] as const;

/** Debian's folder of libraries and the dynamic loader, by the name that builders give a processor. */
const DEBIAN = {
  amd64: { folder: 'x86_64-linux-gnu', loader: '/lib64/ld-linux-x86-64.so.2', cpu: 'x64' },
  arm64: { folder: 'aarch64-linux-gnu', loader: '/lib/ld-linux-aarch64.so.1', cpu: 'arm64' },
} as const;

/** `Containerfile`, to be built in a folder that holds the executable: `podman build -f Containerfile .` */
export function containerfile(architecture: keyof typeof DEBIAN): string {
  const { folder, loader, cpu } = DEBIAN[architecture];
  const libraries = C_LIBRARY.map((name) => `/lib/${folder}/${name}`).join(' ');
  return `# The executable, what it needs of the C library, certificates, and nothing else: no shell, no root.
FROM debian:stable-slim AS system
RUN apt-get update \\
 && apt-get install -y --no-install-recommends ca-certificates \\
 && mkdir -p /image/lib/${folder} /image${loader.replace(/\/[^/]*$/, '')} /image/etc/ssl/certs /image/home/beamd /image/tmp \\
 && cp -L ${libraries} /image/lib/${folder}/ \\
 && cp -L ${loader} /image${loader} \\
 && cp -L /etc/ssl/certs/ca-certificates.crt /image/etc/ssl/certs/ \\
 && printf 'beamd:x:65532:65532::/home/beamd:/sbin/nologin\\n' > /image/etc/passwd \\
 && chown 65532:65532 /image/home/beamd \\
 && chmod 1777 /image/tmp
COPY beamd-linux-${cpu} /image/usr/bin/beamd
RUN ln -s beamd /image/usr/bin/runbeam && chmod 755 /image/usr/bin/beamd

FROM scratch
COPY --from=system /image /
ENV HOME=/home/beamd PATH=/usr/bin SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
USER 65532:65532
WORKDIR /home/beamd
ENTRYPOINT ["/usr/bin/beamd"]
`;
}
