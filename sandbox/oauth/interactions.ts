/** The sign-in and consent pages of the OAuth edge. */
import type Provider from 'oidc-provider';
import { escapeHtml, page } from '../login/page.ts';
import type { Person } from '../fixtures.ts';
import { textFields, type Answer, type Exchange } from '../server/exchange.ts';
import type { Routes } from '../server/routes.ts';

/** `GET` and `POST /interaction/:uid`: each shows or takes the one step that the provider asks for. */
export function interactionRoutes(provider: Provider, person: Person): Routes {
  return {
    'GET /interaction/:uid': async ({ raw }) => {
      const { prompt, uid } = await provider.interactionDetails(raw.request, raw.response);
      return { html: prompt.name === 'login' ? signInPage(uid, person) : consentPage(uid, person) };
    },
    'POST /interaction/:uid': (exchange) => submit(provider, exchange),
  };
}

function signInPage(uid: string, person: Person): string {
  return page(
    'Sign in',
    `<form method="post" action="/interaction/${escapeHtml(uid)}">
<label>User <input type="text" name="login" value="${escapeHtml(person.login)}"></label>
<button id="sign-in" type="submit">Sign in</button>
</form>`,
  );
}

function consentPage(uid: string, person: Person): string {
  return page(
    'Allow access',
    `<p>beamd asks to act for ${escapeHtml(person.name)}.</p>
<form method="post" action="/interaction/${escapeHtml(uid)}">
<button id="approve" type="submit" name="decision" value="approve">Allow</button>
<button id="deny" type="submit" name="decision" value="deny">Deny</button>
</form>`,
  );
}

async function submit(provider: Provider, exchange: Exchange): Promise<Answer> {
  const { request, response } = exchange.raw;
  const details = await provider.interactionDetails(request, response);
  const fields = textFields(exchange);
  if (details.prompt.name === 'login') {
    return { redirect: await provider.interactionResult(request, response, { login: { accountId: fields.login ?? '' } }) };
  }
  const result =
    fields.decision === 'approve'
      ? { consent: { grantId: await grantAll(provider, details) } }
      : { error: 'access_denied', error_description: 'The user said no.' };
  return { redirect: await provider.interactionResult(request, response, result, { mergeWithLastSubmission: true }) };
}

async function grantAll(provider: Provider, details: Awaited<ReturnType<Provider['interactionDetails']>>): Promise<string> {
  const grant = new provider.Grant({
    accountId: details.session?.accountId ?? '',
    clientId: String(details.params.client_id),
  });
  grant.addOIDCScope(String(details.params.scope));
  return grant.save();
}
