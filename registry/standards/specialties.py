"""Names of specialties as certificates spell them. Pure.

Only spellings that mean the same are joined. "相关专业" is not resolved here: a reviewer weighs it.
"""

# canonical name → other spellings of the same specialty
TITLE_SPELLINGS = {
    "结构": ("结构工程", "建筑结构", "建筑结构工程", "土建结构"),
    "给排水": ("给水排水", "给排水工程", "给水排水工程", "建筑给排水"),
    "暖通": ("暖通空调", "暖通工程", "供热通风与空调", "供热通风与空调工程"),
    "电气": ("电气工程", "建筑电气", "电气工程及其自动化"),
    "机械": ("机械工程",),
    "机电": ("机电工程",),
    "岩土": ("岩土工程",),
    "测量": ("工程测量", "测绘", "测绘工程"),
    "焊接": ("焊接工程", "焊接技术"),
    "自动化控制": ("自动控制", "自动化"),
    "道路与桥梁": ("道路桥梁", "道桥", "道路与桥梁工程"),
    "燃气": ("燃气工程", "城市燃气"),
    "桥梁工程": ("桥梁",),
    "公路工程": ("公路",),
    "防雷": ("防雷工程", "雷电防护"),
    "风景园林": ("园林", "风景园林工程"),
    "环保": ("环境保护", "环境工程", "环保工程"),
}

# A registration certificate often drops 工程.
REGISTRATION_SPELLINGS = {
    "建筑工程": ("建筑", "房屋建筑工程"),
    "公路工程": ("公路",),
    "铁路工程": ("铁路",),
    "港口与航道工程": ("港口与航道", "港航"),
    "水利水电工程": ("水利水电", "水利"),
    "矿业工程": ("矿业", "矿山"),
    "市政公用工程": ("市政公用", "市政", "市政工程"),
    "通信与广电工程": ("通信与广电",),
    "机电工程": ("机电",),
    "民航机场工程": ("民航机场",),
}

_TITLE = {other: name for name, others in TITLE_SPELLINGS.items() for other in others}
_REGISTRATION = {other: name for name, others in REGISTRATION_SPELLINGS.items() for other in others}


def _plain(name: str) -> str:
    return "".join(name.split()).removesuffix("专业")


def title_specialty(name: str) -> str:
    """The canonical name of a title's specialty; a name not listed stands for itself."""
    plain = _plain(name)
    return _TITLE.get(plain, plain)


def registered_specialty(name: str) -> str:
    """The canonical name of a registration's specialty; a name not listed stands for itself."""
    plain = _plain(name)
    return _REGISTRATION.get(plain, plain)
