/** A page with a switch for each fault, for whoever tries the programs in another window. It needs no scripts. */
import { escapeHtml, page } from '../login/page.ts';
import { textFields, type Answer } from '../server/exchange.ts';
import { listen, type Running } from '../server/listen.ts';
import { NAMED_FAULTS, type NamedFault, type Switches } from './faults.ts';
import type { Place } from './places.ts';

/** Starts the page; `curl -d fault=NAME -d state=on ORIGIN` switches, too. */
export async function startPanel(switches: Switches, places: readonly Place[]): Promise<Running> {
  const server = await listen();
  server.mount({
    'GET /': () => ({ html: panelPage(switches, places) }),
    'POST /': async (exchange): Promise<Answer> => {
      const { fault = '', state } = textFields(exchange);
      if (!NAMED_FAULTS.some(({ name }) => name === fault)) return { status: 404, html: page('There is no such fault', '') };
      await switches.set(fault, state === 'on');
      return { redirect: '/' };
    },
  });
  return server;
}

function panelPage(switches: Switches, places: readonly Place[]): string {
  const servers = places.map(
    ({ what, at }) => `<tr><td>${escapeHtml(what)}</td><td><a href="${escapeHtml(at)}">${escapeHtml(at)}</a></td></tr>`,
  );
  return page(
    'The sandbox',
    `<style>body{max-width:52em;padding:0 1em}table{border-collapse:collapse}td{padding:.3em 1em .3em 0;vertical-align:top}
@media(prefers-color-scheme:dark){body{background:#111;color:#eee}a{color:#8cf}}</style>
<h2>Faults</h2>
<table>${NAMED_FAULTS.map((fault) => rowOf(fault, switches)).join('')}</table>
<h2>Servers</h2>
<table>${servers.join('')}</table>`,
  );
}

/** A form for each: a button has one value, and there are two to send. */
function rowOf(fault: NamedFault, switches: Switches): string {
  const { name, about } = fault;
  const on = switches.isOn(fault);
  const once = fault.fault === undefined && fault.off === undefined;
  const button = `<button id="${name}" type="submit" name="state" value="${on ? 'off' : 'on'}">${once ? 'Do it' : on ? 'Switch off' : 'Switch on'}</button>`;
  return `<tr><td><form method="post" action="/"><input type="hidden" name="fault" value="${name}">${button}</form></td>
<td><strong>${name}</strong>${on ? ' (on)' : ''}<br>${escapeHtml(about)}</td></tr>`;
}
