// Reads Markdown as a forge does, so that a page which is right there is right here.

/** The anchor that a forge gives to a heading. scripts/documents.test.ts checks links with the same rule. */
export function githubAnchor(heading) {
  return heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}

/** Angle brackets are text, comments are gone, links to the page of a folder lead to it, and diagrams are drawn. */
export function likeGithub(md) {
  md.set({ html: false });
  md.core.ruler.before('normalize', 'comments', (state) => {
    state.src = state.src.replaceAll(/^<!--[\s\S]*?-->\n/gm, '');
  });
  md.core.ruler.push('pages-of-folders', (state) => {
    for (const token of state.tokens.flatMap((each) => each.children ?? [])) {
      const href = token.type === 'link_open' ? token.attrGet('href') : null;
      if (href !== null && !/^[a-z]+:/.test(href)) token.attrSet('href', href.replace(/(^|\/)README\.md(?=#|$)/, '$1index.md'));
    }
  });
  // A word with a hyphen, so that a table on a phone can keep a flag in one piece.
  const inline = md.renderer.rules.code_inline;
  md.renderer.rules.code_inline = (...all) =>
    inline(...all).replace(/>([^<]*)</, (_, text) => `>${text.replaceAll(/\S*-\S*/g, '<span class="word">$&</span>')}<`);
  const usual = md.renderer.rules.fence;
  md.renderer.rules.fence = (tokens, index, ...more) => {
    const { info, content } = tokens[index];
    return info.trim() === 'mermaid' ? `<Diagram source="${encodeURIComponent(content)}" />` : usual(tokens, index, ...more);
  };
}
