import pytest

from rag.load.html import parse


@pytest.mark.parametrize(
    "furniture",
    [
        "<script>no</script>",
        "<style>no</style>",
        "<template><p>no</p></template>",
        "<noscript>no</noscript>",
        "<iframe>no</iframe>",
        "<svg><text>no</text></svg>",
        "<button>no</button>",
        "<select><option>no</select>",
        "<textarea>no</textarea>",
        "<nav>no</nav>",
        "<footer>no</footer>",
        "<aside>no</aside>",
        "<form><label>no</label><p>no</p></form>",
        "<header><p>no</p></header>",
        "<header><h1>no</h1></header><h1>kept</h1>",
        "<dialog>no</dialog>",
        "<div role=navigation>no</div>",
        "<div role=banner>no</div>",
        "<div role=contentinfo>no</div>",
        "<div hidden>no</div>",
        "<p hidden=''>no</p>",
        "<p aria-hidden=true>no</p>",
        "<p style='color: red; display : none'>no</p>",
        "<p style='visibility:hidden'>no</p>",
        "<div class='cookie-notice'>no</div>",
        "<div id='cookie-law-info-bar' class=x>no</div>",
        "<div id=onetrust-consent-sdk>no</div>",
        "<div class='gdpr_banner open'>no</div>",
        "<a class='skip-link' href='#x'>no</a>",
        "<span class='screen-reader-text'>no</span>",
        "<ol class='breadcrumbs'><li>no</ol>",
        "<!-- no -->",
    ],
)
def test_what_is_hidden_or_site_furniture_is_not_text(furniture: str) -> None:
    assert "no" not in parse(f"<body>{furniture}<p>Text.</p>{furniture}</body>".encode()).text


@pytest.mark.parametrize(
    "part",
    [
        "<header><h1>kept</h1></header>",
        "<article><header><p>kept</p></header></article>",
        "<form id=aspnetForm><main><p>kept</p></main></form>",
        "<h3><button>kept</button></h3>",
        "<p hidden=until-found>kept</p>",
        "<p aria-hidden=false>kept</p>",
        "<p style='display:block'>kept</p>",
        "<dialog open>kept</dialog>",
        "<article class='cookie-banner-history'>kept</article>",
        "<p class='cookies-recipe'>kept</p>",
        "<div class='menu'>kept</div>",
    ],
)
def test_what_only_looks_like_furniture_is_text(part: str) -> None:
    assert "kept" in parse(f"<body class='cookie-bar-active'>{part}<p>Text.</p></body>".encode()).text
