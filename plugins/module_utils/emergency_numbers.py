# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The emergency numbers of countries: what a phone there has to be able to call, and by which numbers a country is known.

Sources: the countries' notices of national numbering to ITU-T (E.129) and Directive (EU) 2018/1972, article 109 (112); a
test holds the table against the emergency numbers of libphonenumber. A country is added, or changed, by its line alone.
"""

from __future__ import annotations

from collections import namedtuple

# A country: its ISO 3166 code, the digits with which its E.164 numbers begin, the emergency numbers that a tenant there has
# to be able to dial, and further ones that are kept free (police or ambulance alone, test numbers).
Country = namedtuple("Country", "code prefixes needed further")

# Emergency numbers nearly everywhere, whatever the country: phones and people dial them by themselves.
EVERYWHERE = ("112", "911", "933", "999", "000")

# CODE PREFIX[,PREFIX] NEEDED[,NEEDED] [FURTHER[,FURTHER]]
_TABLE = """
AC 247 911 999
AD 376 112 110,116,118
AE 971 999 997,998,112
AF 93 100,102,119
AG 1268 911,999
AI 1264 911
AL 355 112 127,128,129
AM 374 101,102,103
AO 244 112 113,115
AR 54 911 100,101,107
AS 1684 911
AT 43 112 122,133,144
AU 61 000,112 106
AW 297 911 100
AZ 994 112 101,102,103
BA 387 122,123,124
BB 1246 211,311,511 911
BD 880 999
BE 32 112 100,101
BF 226 17,18
BG 359 112 150,160,166
BH 973 999 199
BI 257 112 113,117
BJ 229 112 114,116,117,118
BM 1441 911
BN 673 991,993,995
BO 591 110,118,119
BQ 5993,5994,5997 112 911
BR 55 190,192,193
BS 1242 911,919
BT 975 112 110,113
BW 267 112 111,911,997,998,999
BY 375 112 101,102,103
BZ 501 911 90,990
CA 1 911 933
CD 243 113,114,118,177,188
CF 236 117,118,1220
CG 242 117,118
CH 41 112 117,118,144
CI 225 110,111,170,180
CK 682 999 996,998
CL 56 131,132,133
CM 237 13,17,113,117
CN 86 110,119,120
CO 57 123
CR 506 911
CU 53 104,105,106
CV 238 130,131,132
CW 5999 112 911
CY 357 112 199
CZ 420 112 150,151,152,153,154,155,156,157,158,159
DE 49 112 110
DJ 253 17,18
DK 45 112 114
DM 1767 999 911
DO 1809,1829,1849 911
DZ 213 112 14,17
EC 593 911
EE 372 112 110
EG 20 122,123,180
ER 291 112,113 114,116
ES 34 112 085,088
ET 251 911 991,939
FI 358 112
FJ 679 911 917
FK 500 999
FM 691 911
FO 298 112 114
FR 33 112 15,17,18
GA 241 1300,1730
GB 44 999,112
GD 1473 911
GE 995 112
GF 594 15,17,18
GG 441481 999,112
GH 233 191,192,193 112,999
GI 350 112 190,199,999
GL 299 112
GM 220 16,17,18,116,117,118
GP 590 15,17,18
GR 30 112 100,166,199
GT 502 110,120,123
GU 1671 911
GW 245 113,117,118
GY 592 911,912,913
HK 852 999
HN 504 199
HR 385 112 93,94,192,193,194
HT 509 114,118
HU 36 112 104,105,107
ID 62 112 110,113,118,119
IE 353 112,999
IL 972 100,101,102
IM 441624 999 112
IN 91 112 100,101,102,108
IQ 964 122 104,115
IR 98 110,115,125
IS 354 112
IT 39 112 113,115,118
JE 441534 999,112
JM 1876,1658 110,119 911
JO 962 112 191,192,197,911
JP 81 110,119
KE 254 999,112
KG 996 101,102,103
KH 855 117,118,119,666
KI 686 192,193,194,195,992,993,994
KM 269 17,18
KN 1869 911 333
KP 850 112 119,819
KR 82 112,119
KW 965 112
KY 1345 911
KZ 76,77 112 101,102,103
LA 856 190,191,195
LB 961 112 140,175,999
LC 1758 911 999
LI 423 112 117,118,144
LK 94 119,110 112,118
LR 231 911 355
LS 266 112 115,117
LT 370 112
LU 352 112 113
LV 371 112 110,113
LY 218 190,191,193
MA 212 15,19 177
MC 377 112 15,17,18
MD 373 112 901,902,903
ME 382 112 122,123,124
MG 261 17,18,117,118
MH 692 911
MK 389 112 192,193,194
ML 223 15,17,18
MM 95 199
MN 976 100,101,102,103,105
MO 853 999
MP 1670 911
MQ 596 112 15,17,18
MR 222 17,18
MS 1664 911,999
MT 356 112
MU 230 999 114,115,995
MV 960 102,118,119
MW 265 999 199,997,998
MX 52 911
MY 60 999
MZ 258 117,119,197,198
NA 264 10111
NC 687 15,16,17,18
NE 227 15,17,18
NF 672 911 955,977
NG 234 199 112
NI 505 115,118,120,128
NL 31 112 911
NO 47 112 110,113
NP 977 100,101,102
NR 674 112 110,111
NU 683 999
NZ 64 111
OM 968 9999
PA 507 911
PE 51 105,116,117
PF 689 15,17,18
PG 675 111 110
PH 63 911
PK 92 15,16,1122
PL 48 112 997,998,999
PM 508 15,17,18
PR 1787,1939 911
PS 970 100,101,102
PT 351 112 115
PW 680 911
PY 595 911
QA 974 999
RE 262 112 15,17,18
RO 40 112
RS 381 112 92,93,94
RU 7 112 101,102,103
RW 250 112 111
SA 966 911 997,999,112
SB 677 999
SC 248 999
SD 249 999
SE 46 112
SG 65 999,995
SH 290 911 999
SI 386 112 113
SK 421 112 150,155,158
SL 232 999 019
SM 378 113,115,118
SN 221 17,18
SO 252 999 555,888
SR 597 115
SS 211 999
ST 239 112
SV 503 911
SX 1721 919 911
SY 963 112 110,113
SZ 268 999
TC 1649 911 999
TD 235 17,18
TG 228 117,118,171,172,177
TH 66 191,1669 199
TJ 992 112 101,102,103
TL 670 112 115
TM 993 01,02,03
TN 216 190,197,198
TO 676 911 922,933,999
TR 90 112 110,155
TT 1868 999,990 911
TV 688 911
TW 886 110,119
TZ 255 112 110,111,114,115,999
UA 380 112 101,102,103
UG 256 999
US 1 911 933
UY 598 911
UZ 998 01,02,03 101,102,103,112
VC 1784 911 999
VE 58 911 171
VG 1284 911 999
VI 1340 911
VN 84 113,114,115
VU 678 112
WF 681 15,17,18
WS 685 911 994,995,996
XK 383 112 192,193,194
YE 967 191,194,195,199
YT 262269,262639 112 15
ZA 27 10111,10177,112
ZM 260 112 991,993,999
ZW 263 112 993,994,995,999
"""

_countries = {}
_prefixes = {}


def _read():
    for line in _TABLE.split("\n"):
        if not line:
            continue
        parts = [tuple(part.split(",")) for part in line.split(" ")]
        country = Country(parts[0][0], parts[1], parts[2], parts[3] if len(parts) > 3 else ())
        _countries[country.code] = country
        for prefix in country.prefixes:
            _prefixes.setdefault(prefix, country)


def of_country(code):
    """The Country with this ISO 3166 code of two letters, or None."""
    if not _countries:
        _read()
    return _countries.get((code or "").upper())


def of_number(number):
    """The Country of an E.164 number, with or without plus, or None. Countries that share a code and their emergency
    numbers (Canada and the United States) are told as the first of them."""
    if not _countries:
        _read()
    digits = number.lstrip("+")
    for size in range(min(len(digits), 7), 0, -1):
        found = _prefixes.get(digits[:size])
        if found:
            return found
    return None


def country_codes():
    """The ISO codes that the table has."""
    if not _countries:
        _read()
    return sorted(_countries)


def expression_of(country):
    """The regular expression of a route that takes the emergency numbers of a Country, and nothing else."""
    return "({0})".format("|".join("^{0}$".format(number) for number in country.needed + country.further))
