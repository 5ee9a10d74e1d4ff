// Light or dark: as the system has it, until a person chooses.
import { useEffect, useState } from 'react';

const KEY = 'alpha-panda-theme';
const CHOICES = ['system', 'light', 'dark'] as const;
type Theme = (typeof CHOICES)[number];

export function ThemeButton() {
  const [theme, setTheme] = useState<Theme>(
    () => CHOICES.find((each) => each === window.localStorage.getItem(KEY)) ?? 'system',
  );
  useEffect(() => {
    document.documentElement.dataset['theme'] = theme;
    window.localStorage.setItem(KEY, theme);
    window.dispatchEvent(new Event('theme'));
  }, [theme]);
  const next = CHOICES[(CHOICES.indexOf(theme) + 1) % CHOICES.length] ?? 'system';
  return (
    <button
      type="button"
      className="plain theme"
      onClick={() => setTheme(next)}
      title={`Colours: ${theme}; press for ${next}`}
    >
      <svg viewBox="0 0 16 16" aria-hidden="true">
        <path d="M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1zm0 2v10A5 5 0 0 1 8 3z" fillRule="evenodd" />
      </svg>
      <span className="hidden">Colours: {theme}</span>
    </button>
  );
}
