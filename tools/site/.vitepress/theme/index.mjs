// The usual theme, with diagrams and a few rules of ours.
import { useRoute } from 'vitepress';
import DefaultTheme from 'vitepress/theme-without-fonts';
import { onMounted, watch } from 'vue';
import Diagram from './Diagram.vue';
import './style.css';

/** The theme's first page has no main part for those who listen to it; every other page has one. */
function markMain() {
  const content = globalThis.document.querySelector('.VPContent');
  if (content?.classList.contains('is-home')) content.setAttribute('role', 'main');
  else content?.removeAttribute('role');
}

export default {
  extends: DefaultTheme,
  enhanceApp: ({ app }) => app.component('Diagram', Diagram),
  setup() {
    const route = useRoute();
    onMounted(markMain);
    watch(() => route.path, markMain, { flush: 'post' });
  },
};
