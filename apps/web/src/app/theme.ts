import {
  ActionIcon,
  Button,
  createTheme,
  Drawer,
  localStorageColorSchemeManager,
  type MantineColorsTuple,
  Modal,
  Tooltip,
  type VariantColorsResolver,
} from '@mantine/core';
import buttonClasses from './button.module.css';

/** Tones are pairs of variables in tokens.css, which defines both colour schemes. */
const tones: Record<
  string,
  { ink: string; soft: string; solid: string; solidHover: string; onSolid: string }
> = {
  petrol: {
    ink: 'var(--accent)',
    soft: 'var(--accent-soft)',
    solid: 'var(--accent)',
    solidHover: 'var(--accent-strong)',
    onSolid: 'var(--on-accent)',
  },
  gray: {
    ink: 'var(--ink-2)',
    soft: 'var(--hover)',
    solid: 'var(--ink-2)',
    solidHover: 'var(--ink)',
    onSolid: 'var(--paper)',
  },
  red: {
    ink: 'var(--danger)',
    soft: 'var(--danger-soft)',
    solid: 'var(--danger)',
    solidHover: 'var(--danger)',
    onSolid: 'var(--paper)',
  },
};

const variantColorResolver: VariantColorsResolver = ({ color, variant }) => {
  const tone = tones[color ?? 'petrol'] ?? tones.gray;
  if (tone === undefined) throw new Error('the theme has no gray tone');
  const plain = { border: '1px solid transparent', color: tone.ink };
  if (variant === 'filled') {
    return { ...plain, background: tone.solid, hover: tone.solidHover, color: tone.onSolid };
  }
  if (variant === 'light') return { ...plain, background: tone.soft, hover: tone.soft };
  if (variant === 'default') {
    return {
      background: 'var(--raised)',
      hover: 'var(--panel)',
      color: 'var(--ink)',
      border: '1px solid var(--line)',
    };
  }
  if (variant === 'outline') {
    return { ...plain, background: 'transparent', hover: tone.soft, border: `1px solid ${tone.ink}` };
  }
  return { ...plain, background: 'transparent', hover: 'var(--hover)' };
};

// Mantine wants ten shades; its components only ask for the ones that tokens.css defines by name.
const petrol: MantineColorsTuple = [
  '#e1efed',
  '#c5e0dd',
  '#9dcbc6',
  '#73b5af',
  '#4da19a',
  '#2f8f88',
  '#1c7f79',
  '#0b6e69',
  '#085551',
  '#053e3b',
];

export const theme = createTheme({
  primaryColor: 'petrol',
  primaryShade: 7,
  colors: { petrol },
  fontFamily: 'var(--font-text)',
  fontFamilyMonospace: 'var(--font-mono)',
  defaultRadius: 'md',
  cursorType: 'pointer',
  respectReducedMotion: true,
  variantColorResolver,
  components: {
    ActionIcon: ActionIcon.extend({ defaultProps: { variant: 'subtle', color: 'gray' } }),
    Button: Button.extend({
      defaultProps: { size: 'compact-sm' },
      classNames: { root: buttonClasses.root ?? '', section: buttonClasses.section ?? '' },
    }),
    // The page itself never scrolls, so there is nothing to lock; the lock would need an inline <style>.
    DrawerRoot: Drawer.Root.extend({ defaultProps: { lockScroll: false } }),
    Drawer: Drawer.extend({ defaultProps: { lockScroll: false, overlayProps: { backgroundOpacity: 0.35 } } }),
    Modal: Modal.extend({
      defaultProps: { lockScroll: false, centered: true, overlayProps: { backgroundOpacity: 0.35 } },
    }),
    Tooltip: Tooltip.extend({
      defaultProps: { openDelay: 450, withArrow: false, transitionProps: { duration: 80 } },
    }),
  },
});

/** The same key as in public/color-scheme.js, which sets the scheme before the first paint. */
export const colorSchemeManager = localStorageColorSchemeManager({ key: 'parley.color-scheme' });
