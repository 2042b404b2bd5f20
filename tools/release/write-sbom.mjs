// Writes the bill of materials that standard input describes (`Bill` in scripts/sbom.ts) to standard output: CycloneDX 1.6, in
// JSON, checked against the schema. Plain JavaScript, because what it needs is installed here and not for the other scripts.
import { readFileSync } from 'node:fs';
import { ComponentScope, ComponentType, ExternalReferenceType, HashAlgorithm } from '@cyclonedx/cyclonedx-library/Enums';
import {
  Bom,
  Component,
  ExternalReference,
  HashDictionary,
  LicenseExpression,
  LicenseRepository,
  Metadata,
  SpdxLicense,
} from '@cyclonedx/cyclonedx-library/Models';
import { JSON as Json, JsonSerializer } from '@cyclonedx/cyclonedx-library/Serialize';
import { Spec1dot6, Version } from '@cyclonedx/cyclonedx-library/Spec';
import { JsonStrictValidator } from '@cyclonedx/cyclonedx-library/Validation';

const HASHES = { sha256: HashAlgorithm['SHA-256'], sha512: HashAlgorithm['SHA-512'] };

function purlOf({ name, version }) {
  return `pkg:npm/${name.replace('@', '%40')}@${version}`;
}

/** A package as a component, not connected with others yet. */
function componentOf(one, type, scope) {
  const [, group, name] = /^(?:(@[^/]+)\/)?(.+)$/.exec(one.name);
  const license = /^[\w.-]+$/.test(one.license) ? new SpdxLicense(one.license) : new LicenseExpression(one.license);
  return new Component(type, name, {
    bomRef: purlOf(one),
    group,
    version: one.version,
    description: one.description,
    purl: purlOf(one),
    licenses: new LicenseRepository([license]),
    hashes: new HashDictionary(Object.entries(one.hashes).map(([name, hex]) => [HASHES[name], hex])),
    scope,
  });
}

function bomOf({ product, packages, repository, time, serialNumber }) {
  const root = componentOf(product, ComponentType.Application);
  if (repository !== undefined) root.externalReferences.add(new ExternalReference(repository, ExternalReferenceType.VCS));
  const components = new Map(
    packages.map((one) => {
      const scope = one.bundled ? ComponentScope.Required : ComponentScope.Optional;
      return [purlOf(one), componentOf(one, ComponentType.Library, scope)];
    }),
  );
  for (const one of [product, ...packages]) {
    const component = one === product ? root : components.get(purlOf(one));
    for (const needed of one.needs) component.dependencies.add(components.get(purlOf(needed)).bomRef);
  }
  const bom = new Bom({ serialNumber, metadata: new Metadata({ component: root, timestamp: new Date(time * 1000) }) });
  for (const component of components.values()) bom.components.add(component);
  return bom;
}

const bom = bomOf(JSON.parse(readFileSync(0, 'utf8')));
const text = new JsonSerializer(new Json.Normalize.Factory(Spec1dot6)).serialize(bom, { sortLists: true, space: 2 });
const problem = await new JsonStrictValidator(Version.v1dot6).validate(text);
if (problem !== null) throw new Error(`The bill of materials does not fit its schema: ${JSON.stringify(problem, null, 2)}`);
process.stdout.write(`${text}\n`);
