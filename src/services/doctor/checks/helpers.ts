/** Other programs that ask `beamd` for tokens (`beamd setup`): whether there is still a login to answer them with. */
import { join } from 'node:path';
import { variable } from '../../../environment.ts';
import { readForeignFile } from '../../../store/files/foreign-file.ts';
import { accountAt, placeOf } from '../../credential/account-at.ts';
