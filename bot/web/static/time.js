// Times as people read them. The server sends them in the village's zone ("2026-11-03T09:05:00+08:00"), so the digits
// are taken as they stand: the visitor's own zone never matters.

const DAYS = ['日', '一', '二', '三', '四', '五', '六'];

/** @param {string} iso */
function parts(iso) {
  const [year, month, day] = iso.slice(0, 10).split('-').map(Number);
  return { year, month, day, clock: iso.slice(11, 16), serial: Date.UTC(year, month - 1, day) / 86_400_000 };
}

/** Day of the week, 0 = Sunday (1 January 1970 was a Thursday). @param {number} serial */
const weekday = (serial) => (serial + 4) % 7;

/**
 * As WeChat stamps a chat: 09:05 · 昨天 09:05 · 星期二 09:05 · 11月3日 09:05 · 2025年11月3日 09:05.
 * @param {string} iso @param {string} now
 */
export function stamp(iso, now) {
  const at = parts(iso);
  const today = parts(now);
  const ago = today.serial - at.serial;
  if (ago === 0) return at.clock;
  if (ago === 1) return `昨天 ${at.clock}`;
  if (ago > 1 && ago < 7) return `星期${DAYS[weekday(at.serial)]} ${at.clock}`;
  return (at.year === today.year ? '' : `${at.year}年`) + `${at.month}月${at.day}日 ${at.clock}`;
}

/** The same where a bare 09:05 would not do, and for days to come: 今天 09:05 · 明天 09:05. @param {string} iso @param {string} now */
export function moment(iso, now) {
  const ahead = parts(iso).serial - parts(now).serial;
  if (ahead === 0) return `今天 ${parts(iso).clock}`;
  return ahead === 1 ? `明天 ${parts(iso).clock}` : stamp(iso, now);
}

/** For the board's history: 11-03 09:05. @param {string} iso */
export function short(iso) {
  return `${iso.slice(5, 10)} ${iso.slice(11, 16)}`;
}

/** For the header: [11月3日, 周二, 09:05]. @param {string} iso */
export function header(iso) {
  const at = parts(iso);
  return [`${at.month}月${at.day}日`, `周${DAYS[weekday(at.serial)]}`, at.clock];
}

/** Milliseconds from one time to another. @param {string} from @param {string} to */
export function between(from, to) {
  return Date.parse(to) - Date.parse(from);
}

/** A length of time in one unit. @param {number} milliseconds */
export function span(milliseconds) {
  const minutes = Math.max(1, Math.round(Math.abs(milliseconds) / 60_000));
  if (minutes < 60) return `${minutes} 分钟`;
  if (minutes < 60 * 36) return `${Math.round(minutes / 60)} 小时`;
  return `${Math.round(minutes / 1440)} 天`;
}
