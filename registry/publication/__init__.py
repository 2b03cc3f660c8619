"""推送: telling the national platform, the provincial platform and 政务网 what was confirmed."""
