// Writes the declarations of the library, one file for each entry, into the folder that it is told: what scripts/library.ts
// compares with docs/sdk/api. `node types.mjs FOLDER ENTRY=SOURCE…`, in the top folder of the checkout.
import { isAbsolute, resolve } from 'node:path';
import { rolldown } from 'rolldown';
import { dts } from 'rolldown-plugin-dts';

const [folder, ...entries] = process.argv.slice(2);
for (const entry of entries) {
  const [name, source] = entry.split('=');
  const made = await rolldown({
    input: { [name]: resolve(source) },
    platform: 'node',
    plugins: [dts({ dtsOnly: true, compilerOptions: { noEmit: false, declaration: true, emitDeclarationOnly: true } })],
    external: (id) => !isAbsolute(id) && !/^[.\0]/.test(id),
    logLevel: 'silent',
  });
  await made.write({ dir: folder, format: 'es', codeSplitting: false });
  await made.close();
}
