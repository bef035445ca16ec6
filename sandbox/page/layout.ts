/** What stands around every page. */
import { findUser } from '../github/state.ts';
import { type PageContext, pathTo } from './context.ts';
import { type Html, html } from './html.ts';
import { type IconName, icon } from './icons.ts';

export type Tab = 'home' | 'actions' | 'deployments' | 'issues';

export interface Page {
  readonly title: string;
  readonly tab: Tab | null;
  readonly main: Html;
  readonly status?: number;
}

const TABS: readonly { readonly tab: Tab; readonly name: string; readonly path: string; readonly icon: IconName }[] = [
  { tab: 'home', name: 'Overview', path: '', icon: 'home' },
  { tab: 'actions', name: 'Actions', path: '/actions', icon: 'play' },
  { tab: 'deployments', name: 'Deployments', path: '/deployments', icon: 'rocket' },
  { tab: 'issues', name: 'Issues', path: '/issues', icon: 'issue' },
];

/** The whole document. */
export function documentOf(context: PageContext, page: Page): Html {
  const { fullName, apiUrl } = context.place;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${page.title} · ${fullName}</title>
<link rel="icon" href="/-/page/mark.svg" type="image/svg+xml">
<link rel="stylesheet" href="/-/page/style.css">
<script src="/-/page/client.js" type="module"></script>
</head>
<body data-api="${new URL(apiUrl).pathname.replace(/\/$/, '')}" data-repository="${fullName}">
<a class="skip" href="#main">Skip to content</a>
<header class="top">
  <div class="bar">
    <a class="mark" href="/" aria-label="Start page"><img src="/-/page/mark.svg" alt="" width="28" height="28"></a>
    <p class="crumbs"><span>${context.place.owner}</span><span aria-hidden="true"> / </span><a href="${pathTo(context, '')}">${context.place.name}</a></p>
    ${signedInAs(context)}
  </div>
  <nav class="tabs" aria-label="Repository">
    <ul>${TABS.map((one) => tab(context, one, page.tab))}</ul>
  </nav>
</header>
<main id="main" tabindex="-1">${page.main}</main>
<footer class="foot">A GitHub on one machine, made for tests and demonstrations. Nothing here has been sent to github.com.</footer>
<p id="announce" class="unseen" role="status"></p>
</body>
</html>
`;
}

function tab(context: PageContext, one: (typeof TABS)[number], present: Tab | null): Html {
  const current = one.tab === present && html` aria-current="page"`;
  return html`<li><a href="${pathTo(context, one.path)}"${current}>${icon(one.icon)} ${one.name}</a></li>`;
}

/** There is no sign-in: whoever looks says who they are. */
function signedInAs(context: PageContext): Html {
  const back = html`<noscript><button class="button">Switch</button></noscript>`;
  return html`<form class="who" method="post" action="/-/page/sign-in" data-sign-in>
    ${context.viewer !== null && avatar(context, context.viewer)}
    <label for="who">Signed in as</label>
    <select id="who" name="login">${options(context)}</select>${back}
  </form>`;
}

/** The people of the sandbox, as options. */
export function options(context: PageContext): readonly Html[] {
  const people = context.state.users.filter((user) => user.type === 'User');
  return people.map(
    (user) => html`<option value="${user.login}"${user.login === context.viewer && html` selected`}>${user.login}</option>`,
  );
}

/** A person's picture; their name stands beside it. */
export function avatar(context: PageContext, login: string): Html {
  const id = findUser(context.state, login)?.id ?? 0;
  return html`<img class="avatar" src="/avatars/${id}" alt="" width="20" height="20">`;
}
