#!/usr/bin/env node
// By the name that git looks for: `beamd credential git`.
process.argv.splice(2, 0, 'credential', 'git');
require('./beamd.js');
