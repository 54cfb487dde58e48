// Runs before the first paint, so that a dark page never flashes white. It is a separate file because the
// content security policy allows no inline scripts. The key is the one of app/theme.ts.
(() => {
  let stored = null;
  try {
    stored = localStorage.getItem('parley.color-scheme');
  } catch (error) {
    // Storage may be forbidden (private window): follow the system.
    void error;
  }
  const isDark = matchMedia('(prefers-color-scheme: dark)').matches;
  const scheme = stored === 'light' || stored === 'dark' ? stored : isDark ? 'dark' : 'light';
  document.documentElement.setAttribute('data-mantine-color-scheme', scheme);
})();
