# SPDX-License-Identifier: GPL-3.0-or-later
"""`api lua ~CODE`: the code runs in a Lua of its own that offers what FusionPBX's scripts offer to such one-liners."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import lupa

from .configuration import Configuration

_HANDLER = "/app/xml_handler/index.lua"
_SETUP = """
local write, cache, execute, handler = ...
stream = { write = function(self, text) write(tostring(text)) end }
scripts_dir = '/usr/share/freeswitch/scripts'
local modules = {
  ['resources.functions.cache'] = {
    get = function(key) local value = cache.get(key); if value == nil then return nil, 'NOT FOUND' end; return value end,
    set = function(key, value) return cache.set(key, value) end,
    del = function(key) return cache.delete(key) end,
  },
  ['resources.functions.config'] = true,
}
function require(name)
  if modules[name] == nil then error("module '" .. name .. "' not found") end
  return modules[name]
end
freeswitch = {
  consoleLog = function() end,
  API = function() return { execute = function(self, name, arguments) return execute(name, arguments or '') end } end,
}
function dofile(path)
  if string.sub(path, -#'/app/xml_handler/index.lua') ~= '/app/xml_handler/index.lua' then
    error('cannot open ' .. path)
  end
  if XML_REQUEST['section'] == 'dialplan' then
    XML_STRING = handler(
      params:getHeader('Hunt-Context') or params:getHeader('Caller-Context') or 'public',
      params:getHeader('Caller-Destination-Number') or '')
  end
end
"""


class Lua:
    """Parameters: configuration; execute, which carries out an api command (name, arguments)."""

    def __init__(self, configuration: Configuration, execute: Callable[[str, str], str]) -> None:
        self._configuration = configuration
        self._execute = execute

    def run(self, code: str) -> str:
        """What the code writes into its stream; `-ERR Cannot execute script` when it fails."""
        written: list[str] = []
        runtime: Any = lupa.LuaRuntime(unpack_returned_tuples=True, register_eval=False, register_builtins=False)
        try:
            runtime.execute(_SETUP, written.append, self._configuration.cache, self._execute, self._configuration.dialplan)
            runtime.execute(code)
        except lupa.LuaError:
            return "-ERR Cannot execute script\n"
        return "".join(written)
