/** The OS keyring: whether it keeps something, gives it back and forgets it, asked in a program that is killed if it hangs. */
import { system } from '../../../platform/system.ts';
import { hasSealedKeys } from '../../../store/instances/instance-files.ts';
import { error, ok, warning, type Check, type Draft, type Subject } from '../report/finding.ts';
import { own, say } from '../report/text.ts';

export const keyring: Check = {
  name: 'keyring',
  waits: 'Trying the OS keyring',
  look: async (subject) => {
    const { accounts } = await subject.accounts();
    const kept = [
      ...(accounts.some(({ storage }) => storage === 'keyring') ? ['logins'] : []),
      ...(hasSealedKeys(subject.homes) ? ['keys of gateways'] : []),
    ];
    const needed = kept.length === 0 ? undefined : kept.join(' and ');
    return system.desktop.mayHaveKeyring(subject.env) ? [await probed(subject, needed)] : [await absent(needed)];
  },
};

/** What is kept in it; undefined: nothing. */
type Needed = string | undefined;

async function absent(needed: Needed): Promise<Draft> {
  if (needed === undefined) return ok(say`There is no OS keyring here; logins are sealed to a key file`);
  return troubled('absent', needed);
}

async function probed({ env, clock, keyring: asked }: Subject, needed: Needed): Promise<Draft> {
  const { createKeyring } = await import('../../../store/secrets/keyring-child.ts');
  const { probeKeyring } = await import('../../../store/secrets/storage-choice.ts');
  const trouble = await probeKeyring(createKeyring({ env, clock, ...asked }));
  if (trouble === undefined) return ok(say`The OS keyring works`);
  return trouble === 'absent' && needed === undefined ? absent(needed) : troubled(trouble, needed);
}

async function troubled(trouble: 'absent' | 'locked' | 'silent' | 'broken', needed: Needed): Promise<Draft> {
  const { keyringError } = await import('../../../store/secrets/keyring-store.ts');
  const { message, hint } = keyringError(trouble);
  if (needed === undefined) return warning([message], hint);
  return error(say`${own(message)}, and ${own(needed)} are kept in it`, hint);
}
