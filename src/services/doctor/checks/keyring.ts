/** The OS keyring: whether it keeps something, gives it back and forgets it, asked in a program that is killed if it hangs. */
import { system } from '../../../platform/system.ts';
import { error, ok, warning, type Check, type Draft, type Subject } from '../report/finding.ts';
import { own, say } from '../report/text.ts';

export const keyring: Check = {
  name: 'keyring',
  look: async (subject) => {
    const { accounts } = await subject.accounts();
    const needed = accounts.some(({ storage }) => storage === 'keyring');
    return system.desktop.mayHaveKeyring(subject.env) ? [await probed(subject, needed)] : [await absent(needed)];
  },
};

async function absent(needed: boolean): Promise<Draft> {
  if (!needed) return ok(say`There is no OS keyring here; logins are sealed to a key file`);
  return troubled('absent', needed);
}

async function probed({ env, clock, keyring: asked }: Subject, needed: boolean): Promise<Draft> {
  const { createKeyring } = await import('../../../store/secrets/keyring-child.ts');
  const { probeKeyring } = await import('../../../store/secrets/storage-choice.ts');
  const trouble = await probeKeyring(createKeyring({ env, clock, ...asked }));
  if (trouble === undefined) return ok(say`The OS keyring works`);
  return trouble === 'absent' && !needed ? absent(needed) : troubled(trouble, needed);
}

async function troubled(trouble: 'absent' | 'locked' | 'silent' | 'broken', needed: boolean): Promise<Draft> {
  const { keyringError } = await import('../../../store/secrets/keyring-store.ts');
  const { message, hint } = keyringError(trouble);
  return needed ? error(say`${own(message)}, and logins are kept in it`, hint) : warning([message], hint);
}
