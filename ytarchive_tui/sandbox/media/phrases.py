"""What is said in the sandbox's subtitles, by language."""

from __future__ import annotations

PHRASES: dict[str, tuple[str, ...]] = {
    "en": (
        "Welcome back to the channel.",
        "Today we look at it closely.",
        "Let's try that once more.",
        "See you!",
    ),
    "de": (
        "Willkommen zurück!",
        "Heute schauen wir genau hin.",
        "Noch einmal, größer und schöner.",
        "Tschüss!",
    ),
    "fr": (
        "Bienvenue à tous !",
        "Aujourd'hui, on regarde de près.",
        "Essayons encore une fois.",
        "À bientôt !",
    ),
    "es": (
        "¡Hola de nuevo!",
        "Hoy lo miramos de cerca.",
        "Vamos a probar otra vez, señores.",
        "¡Hasta la próxima!",
    ),
    "pt": (
        "Olá, pessoal!",
        "Hoje vamos ver de perto.",
        "Não funcionou, vamos tentar de novo.",
        "Até a próxima!",
    ),
    "it": ("Bentornati!", "Oggi guardiamo da vicino.", "Proviamo ancora una volta.", "Perché no? Ciao!"),
    "pl": (
        "Witajcie ponownie!",
        "Dziś przyjrzymy się bliżej.",
        "Spróbujmy jeszcze raz.",
        "Do zobaczenia!",
    ),
    "tr": ("Tekrar hoş geldiniz!", "Bugün yakından bakıyoruz.", "Bir kez daha deneyelim.", "Görüşürüz!"),
    "ru": ("С возвращением!", "Сегодня посмотрим поближе.", "Попробуем ещё раз.", "До встречи!"),
    "uk": ("З поверненням!", "Сьогодні подивимося ближче.", "Спробуймо ще раз.", "До зустрічі!"),
    "el": ("Καλώς ήρθατε!", "Σήμερα το βλέπουμε από κοντά.", "Ας δοκιμάσουμε ξανά.", "Τα λέμε!"),
    "ar": ("أهلاً بكم من جديد", "اليوم ننظر عن قرب", "لنحاول مرة أخرى", "إلى اللقاء"),
    "he": ("ברוכים השבים", "היום נסתכל מקרוב", "ננסה שוב", "להתראות"),
    "hi": ("फिर से स्वागत है।", "आज हम इसे करीब से देखेंगे।", "एक बार और कोशिश करते हैं।", "फिर मिलेंगे!"),
    "th": ("ยินดีต้อนรับกลับมา", "วันนี้เราจะดูอย่างใกล้ชิด", "ลองอีกครั้ง", "แล้วพบกันใหม่"),
    "ja": ("お帰りなさい。", "今日は詳しく見ていきます。", "もう一度やってみましょう。", "また会いましょう!"),
    "ko": ("다시 오신 것을 환영합니다.", "오늘은 자세히 살펴보겠습니다.", "한 번 더 해봅시다.", "또 만나요!"),
    "zh": ("欢迎回来。", "今天我们仔细看看。", "再试一次。", "下次见!"),
}


def phrases(language: str) -> tuple[str, ...]:
    """What is said in that language (BCP 47, such as `pt-BR`); of an unknown one, English with its name."""
    known = PHRASES.get(language) or PHRASES.get(language.partition("-")[0])
    return known or tuple(f"[{language}] {phrase}" for phrase in PHRASES["en"])
