#!/usr/bin/env node
// By the name that docker, podman and skopeo look for: `beamd credential docker`.
process.argv.splice(2, 0, 'credential', 'docker');
require('./beamd.js');
